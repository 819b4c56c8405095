namespace Hexagram.Simulation.Engine;

/// <summary>
/// A small source of chance (SplitMix64) that is a <see cref="Random"/>, so that the delivery rules can be given it. Each actor has
/// its own, forked from the seed: leaving one step out of a schedule then changes little of the rest, which is what shrinking lives on.
/// </summary>
internal sealed class Dice(ulong seed) : Random
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private ulong _rolled;

    /// <summary>Another source, the same for the same seed and name however much of this one has been used.</summary>
    internal Dice Fork(int name) => new(Mix(seed + (Golden * (ulong)(name + 1))));

    /// <summary>A time between two bounds, in milliseconds.</summary>
    internal TimeSpan Between(int fewest, int most) => TimeSpan.FromMilliseconds(Next(fewest, most + 1));

    internal bool Chance(double probability) => NextDouble() < probability;

    internal T Any<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    public override int Next() => (int)(NextBits() >> 33);

    public override int Next(int maxValue) => (int)(((NextBits() >> 32) * (ulong)maxValue) >> 32);

    public override int Next(int minValue, int maxValue) => minValue + Next(maxValue - minValue);

    public override long NextInt64() => (long)(NextBits() >> 1);

    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    protected override double Sample() => NextDouble();

    private ulong NextBits() => Mix(seed + (_rolled += Golden));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
