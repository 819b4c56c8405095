using System.Diagnostics;
using System.Globalization;
using Hexagram.Checking;
using Hexagram.Protocol;

namespace Hexagram.Chaos.Clients;

/// <summary>What a line of a process of clients says.</summary>
internal enum ClientWord
{
    /// <summary>SendAsync is about to be called.</summary>
    Calling = 'c',

    /// <summary>SendAsync has returned.</summary>
    Sent = 's',

    /// <summary>SendAsync has said that it has no room for the message.</summary>
    NotTaken = 'f',

    /// <summary>The sender was told <see cref="MessageState.Accepted"/>.</summary>
    Accepted = 'a',

    /// <summary>The sender was told <see cref="MessageState.Stored"/>.</summary>
    Stored = 'o',

    /// <summary>The sender was told <see cref="MessageState.Delivered"/>.</summary>
    Delivered = 'd',

    /// <summary>The sender was told that the server will not take the message; the rest of the line says why.</summary>
    Refused = 'r',

    /// <summary>A handler has the message, and its transaction is about to be committed; the rest of the line says at which device.</summary>
    Handling = 'h',

    /// <summary>The message is in an outbox at the end.</summary>
    Waiting = 'w',

    /// <summary>How many messages are in the outboxes; the rest of the line is the number.</summary>
    Outbox = 'n',

    /// <summary>The clock was set; the rest of the line says how far from the true time, in seconds.</summary>
    Clock = 'k',

    /// <summary>A client said something that ought not to happen; the rest of the line says what.</summary>
    Trouble = 'x',
}

/// <summary>
/// One line that a process of clients prints: <c>WORD TICKS MESSAGE REST</c>. The ticks are those of <see cref="Stopwatch"/>, a clock that all processes of a
/// machine share.
/// </summary>
/// <param name="Word">What happened.</param>
/// <param name="Ticks">When.</param>
/// <param name="Message">To which message, if to one.</param>
/// <param name="Rest">The rest of the line.</param>
internal readonly record struct ClientLine(ClientWord Word, long Ticks, TrackedMessage? Message, string Rest)
{
    private const string NoMessage = "-";

    /// <summary>The line as it is printed, without its end.</summary>
    public static string Format(ClientWord word, TrackedMessage? message, string rest = "") => string.Create(
        CultureInfo.InvariantCulture,
        $"{(char)word} {Stopwatch.GetTimestamp()} {message?.Text ?? NoMessage} {rest.ReplaceLineEndings(" ")}");

    /// <summary>Reads what <see cref="Format"/> made. False for a line that was cut off by the end of its process.</summary>
    public static bool TryParse(string line, out ClientLine parsed)
    {
        parsed = default;
        var parts = line.Split(' ', 4);
        if (parts.Length < 4 || parts[0].Length != 1 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks))
        {
            return false;
        }

        TrackedMessage? message = null;
        if (parts[2] != NoMessage && !TrackedMessage.TryParse(parts[2], out message))
        {
            return false;
        }

        parsed = new ClientLine((ClientWord)parts[0][0], ticks, message, parts[3]);
        return true;
    }
}
