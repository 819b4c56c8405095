using Hexagram.Protocol;

namespace Hexagram.Cli.Drawing;

/// <summary>
/// One message's hexagram as the sender knows it. A sender sees lines 1, 2 and 6; lines 3 to 5 pass between the server and the recipient,
/// and light up when line 6 proves them. A pure state machine: lines only light up.
/// </summary>
internal sealed class SixLines
{
    private readonly LitLine?[] _lines = new LitLine?[Names.Count];

    /// <summary>The lines' names, from the bottom up.</summary>
    public static readonly IReadOnlyList<string> Names = ["msg:R", "msg:A", "msg:N", "ack:R", "ack:A", "ack:N"];

    /// <summary>The line with this number, 1 to 6; null while it is dark.</summary>
    public LitLine? this[int number] => _lines[number - 1];

    /// <summary>The request has left the device.</summary>
    /// <returns>The lines that this has lit, in their order; none for a resend.</returns>
    public IReadOnlyList<LitLine> Transmitted(DateTimeOffset at) => Light(at, 1, Lighting.Seen);

    /// <summary>The packet of this line has passed: told by somebody who sees both halves, the sender's and the recipient's.</summary>
    /// <returns>As <see cref="Transmitted"/>.</returns>
    public IReadOnlyList<LitLine> Passed(int number, DateTimeOffset at) => Light(at, number, Lighting.Seen);

    /// <summary>The message is known to stand so. What a state implies is lit with it, as proven.</summary>
    /// <returns>The lines that this has lit, in their order.</returns>
    public IReadOnlyList<LitLine> Reached(MessageState state, DateTimeOffset at) => state switch
    {
        MessageState.Accepted => [.. Light(at, 1, Lighting.Proven), .. Light(at, 2, Lighting.Seen)],
        MessageState.Stored => [.. Light(at, 1, Lighting.Proven), .. Light(at, 2, Lighting.Proven), .. Light(at, 6, Lighting.Forged)],
        MessageState.Delivered =>
        [
            .. Enumerable.Range(1, 5).SelectMany(number => Light(at, number, Lighting.Proven)),
            .. Light(at, 6, Lighting.Seen),
        ],
        _ => [],
    };

    /// <summary>Lights a line if it is dark, or lights it better: a forged line 6 becomes a true one.</summary>
    private IReadOnlyList<LitLine> Light(DateTimeOffset at, int number, Lighting how)
    {
        if (_lines[number - 1] is { } lit && !(lit.How == Lighting.Forged && how == Lighting.Seen))
        {
            return [];
        }

        var line = new LitLine(number, at, how);
        _lines[number - 1] = line;
        return [line];
    }
}

/// <summary>A line that is lit.</summary>
/// <param name="Number">1 to 6, from the bottom.</param>
/// <param name="At">When the sender learned of it, by its clock.</param>
/// <param name="How">How the sender knows.</param>
internal readonly record struct LitLine(int Number, DateTimeOffset At, Lighting How)
{
    /// <summary>The packet's name.</summary>
    public string Name => SixLines.Names[Number - 1];
}

/// <summary>How the sender knows of a line.</summary>
internal enum Lighting
{
    /// <summary>The packet passed here.</summary>
    Seen,

    /// <summary>It passed elsewhere, or unseen; a later line proves it.</summary>
    Proven,

    /// <summary>The server's ack:N says <i>stored</i>: the message is on its disk, and nobody has it yet.</summary>
    Forged,
}
