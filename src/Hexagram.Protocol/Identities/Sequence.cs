using System.Globalization;

namespace Hexagram.Protocol;

/// <summary>
/// The number of an entry in a mailbox: 1, 2, 3 … without gaps. As a cursor it means "everything up to here";
/// <see cref="None"/> (0) stands before the first entry.
/// </summary>
/// <param name="Value">0 to <see cref="ProtocolLimits.NumberMax"/>.</param>
public readonly record struct Sequence(long Value) : IComparable<Sequence>
{
    /// <summary>Before the first entry.</summary>
    public static readonly Sequence None;

    /// <summary>The number after this one.</summary>
    public Sequence Next => new(checked(Value + 1));

    /// <summary>The number before this one.</summary>
    public Sequence Previous => new(Value - 1);

    /// <summary>The higher of two.</summary>
    public static Sequence Max(Sequence left, Sequence right) => left.Value >= right.Value ? left : right;

    /// <summary>The lower of two.</summary>
    public static Sequence Min(Sequence left, Sequence right) => left.Value <= right.Value ? left : right;

    /// <summary>How many entries lie between: <c>right &lt; n ≤ left</c>.</summary>
    public static long operator -(Sequence left, Sequence right) => left.Value - right.Value;

    /// <summary>The number <paramref name="count"/> further on.</summary>
    public static Sequence operator +(Sequence left, long count) => new(checked(left.Value + count));

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(Sequence left, Sequence right) => left.Value < right.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(Sequence left, Sequence right) => left.Value > right.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(Sequence left, Sequence right) => left.Value <= right.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(Sequence left, Sequence right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(Sequence other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
