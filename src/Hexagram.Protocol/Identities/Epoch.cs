using System.Globalization;

namespace Hexagram.Protocol;

/// <summary>
/// The identity of a mailbox's history: a random number that changes when the server is restored from an older backup,
/// so that numbers of the lost history are never mistaken for those of the new one. Epochs have no order of their own.
/// </summary>
/// <param name="Value">Random; 0 is <see cref="None"/>.</param>
public readonly record struct Epoch(ulong Value)
{
    /// <summary>No history yet: what a new inbox says.</summary>
    public static readonly Epoch None;

    /// <summary>Sixteen hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
