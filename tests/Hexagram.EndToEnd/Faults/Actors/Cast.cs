namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>Who is in a world that is shared.</summary>
internal sealed record Cast(World World, Application Alice, Application Bob)
{
    private Application? _hasty;

    /// <summary>A third one, whose timers run ten times faster than time.</summary>
    public async Task<Application> HastyAsync() => _hasty ??= await World.AddAsync("hasty", haste: 10);
}
