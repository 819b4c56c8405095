using Hexagram.Protocol;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Virtual;

/// <summary>
/// A device's idea of the server's clock: from Welcome on it runs with monotonic time; before, it is the device's own clock, which may be
/// days off and may jump, put right by what the last Welcome taught.
/// </summary>
internal sealed class VirtualClock(World world, VirtualDisk disk)
{
    private (DateTimeOffset ServerTime, DateTimeOffset At, TimeSpan Horizon)? _anchor;

    /// <summary>How far the device's own clock is off.</summary>
    internal TimeSpan Skew { get; set; }

    internal DateTimeOffset Now => _anchor is { } anchor ? anchor.ServerTime + (world.WallClock - anchor.At) : world.WallClock + Skew + disk.ClockOffset;

    internal TimeSpan Horizon => _anchor?.Horizon ?? ProtocolLimits.HorizonDefault;

    internal void Set(Welcome welcome)
    {
        // The world's clock is never set, only months pass: it is as good as a monotonic one.
        _anchor = (welcome.ServerTime, world.WallClock, welcome.Limits.Horizon);
        disk.ClockOffset = welcome.ServerTime - (world.WallClock + Skew);
    }

    /// <summary>The process has ended, and with it what it knew.</summary>
    internal void Forget() => _anchor = null;

    /// <summary>Whether the server would take an id that was made then, with something to spare.</summary>
    internal bool Accepts(MessageId id) => id.MadeAt <= Now + TimeSpan.FromMinutes(1) && id.MadeAt >= Now - (Horizon / 2);
}
