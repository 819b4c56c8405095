using System.Globalization;
using Hexagram.Protocol;

namespace Hexagram.Cli.Drawing;

/// <summary>What can be said about the six lines of a message from one user to another.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The recipient.</param>
internal sealed record LineWords(UserId From, UserId To)
{
    private const string Server = "server";

    /// <summary>Who sends the packet of this line, and to whom.</summary>
    public (string From, string To) Way(int number) => number switch
    {
        1 => (From.Value, Server),
        2 or 6 => (Server, From.Value),
        3 or 5 => (Server, To.Value),
        _ => (To.Value, Server),
    };

    /// <summary>What a lit line means.</summary>
    public string Meaning(LitLine line) => (line.Number, line.How) switch
    {
        (6, Lighting.Forged) => $"stored, forged: {To} is offline",
        (6, _) => $"delivered: {To} has it",
        (_, Lighting.Proven) => "proven by a later line",
        (2, _) => "accepted: on the server's disk",
        _ => "",
    };

    /// <summary>How long after the first packet a line was lit, such as <c>+2.3 ms</c>.</summary>
    public static string After(DateTimeOffset begin, LitLine line) =>
        string.Create(CultureInfo.InvariantCulture, $"+{Math.Max(0, (line.At - begin).TotalMilliseconds):0.0} ms");
}
