using Hexagram.Protocol;

namespace Hexagram.Microbenchmarks;

/// <summary>What is measured with: a text of 100 bytes from alice to bob.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
    public static readonly UserId Alice = new("alice");
    public static readonly UserId Bob = new("bob");
    public static readonly DeviceId Phone = new("phone");
    public static readonly Epoch Epoch = new(0x5eed_0000_c0ff_ee01);
    public static readonly Body Text = new string('x', 100);

    private static ulong _ids;

    /// <summary>A new id, the same ones in every run.</summary>
    public static MessageId NewId() => MessageId.New(Now, Interlocked.Increment(ref _ids), _ids << 2);
}
