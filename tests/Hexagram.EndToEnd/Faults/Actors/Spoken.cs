using System.Diagnostics;
using System.Globalization;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>
/// One line in which an application tells its test what happened to it: the time by the machine's monotonic clock, which all processes
/// share, a word, and what belongs to it.
/// </summary>
/// <param name="At">When.</param>
/// <param name="Word">What: one of the constants here.</param>
/// <param name="Details">The rest, word by word.</param>
internal sealed record Spoken(long At, string Word, IReadOnlyList<string> Details)
{
    /// <summary>SendAsync is about to be called: the text.</summary>
    public const string Calling = "calling";

    /// <summary>SendAsync has returned: the text.</summary>
    public const string Sent = "sent";

    /// <summary>The state of a message has risen: the text, the state.</summary>
    public const string Told = "told";

    /// <summary>A message was refused for good: the text, the code.</summary>
    public const string Refused = "refused";

    /// <summary>A message was handled and is about to be committed: the text.</summary>
    public const string Handled = "handled";

    /// <summary>The state of the connection has changed: its name, and why.</summary>
    public const string Connection = "connection";

    /// <summary>A packet has passed: <c>Sent</c> or <c>Received</c>, its kind, and what it is about.</summary>
    public const string Packet = "packet";

    /// <summary>The outbox is empty.</summary>
    public const string Drained = "drained";

    /// <summary>Prints a line of this process. Thread-safe.</summary>
    public static void Say(string word, params IEnumerable<string> details) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetTimestamp()} {word} {string.Join(' ', details)}"));

    /// <summary>Reads a line; the last one of a process that was killed may be torn.</summary>
    public static Spoken? TryParse(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var at, var word, .. var details] && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? new Spoken(ticks, word, details)
            : null;

    /// <summary>The time in the form of a history.</summary>
    public static TimeSpan Time(long at) => Stopwatch.GetElapsedTime(0, at);
}
