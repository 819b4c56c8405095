namespace Hexagram.Bench.Tests.Wire;

/// <summary>What a <see cref="LyingRelay"/> does wrong, once.</summary>
public enum Mistake
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A message is not brought, and called delivered.</summary>
    Lose,

    /// <summary>A message is brought as two entries.</summary>
    Doubled,

    /// <summary>A message is brought after the next one.</summary>
    Reorder,

    /// <summary>An entry is brought again and does not say so.</summary>
    Repeat,

    /// <summary>The number of an entry is left out.</summary>
    Skip,

    /// <summary>A message is called delivered before it is brought.</summary>
    DeliveredEarly,

    /// <summary>A message is called delivered and was never accepted.</summary>
    DeliveredUnaccepted,

    /// <summary>A message is accepted twice.</summary>
    AcceptTwice,

    /// <summary>A message is accepted and brought, and nobody says that it is delivered.</summary>
    NeverDelivered,
}
