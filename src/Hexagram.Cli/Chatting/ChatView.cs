using System.Globalization;
using Hexagram.Cli.Texts;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Chatting;

/// <summary>
/// What a chat looks like on a terminal of a certain size: the conversation, a line about the connection, and the line that is being typed. Pure: everything
/// that is drawn follows from what it is given, so a terminal that has changed its size is drawn anew and that is all.
/// </summary>
/// <param name="user">Who looks at it.</param>
/// <param name="to">Who gets what is typed.</param>
/// <param name="paint">The colours.</param>
/// <param name="zone">The time zone of the clock that is shown.</param>
internal sealed class ChatView(UserId user, UserId to, ChatPaint paint, TimeZoneInfo zone)
{
    /// <summary>Columns that the state of a message takes at the right of its last row.</summary>
    private const int StateColumns = ChatWords.StateWidth + 1;

    /// <summary>Where it is narrower than this, the state has a row of its own.</summary>
    private const int WidthForStates = 40;

    /// <summary>The whole screen.</summary>
    /// <param name="entries">The conversation.</param>
    /// <param name="connection">How the client stands with its server.</param>
    /// <param name="input">The line that is being typed.</param>
    /// <param name="scrolled">How many rows the conversation is scrolled back; more than there are count as all.</param>
    /// <param name="size">The terminal.</param>
    public ChatFrame Draw(IReadOnlyList<ChatEntry> entries, ConnectionState connection, InputEditor input, int scrolled, ChatSize size)
    {
        var room = Math.Max(1, size.Rows - 2);
        var (rows, back) = Conversation(entries, scrolled, room, size.Columns);
        while (rows.Count < room)
        {
            rows.Insert(0, "");
        }

        var hint = back > 0 ? $"{back} rows below" : "Ctrl-D leaves";
        var status = $"{SafeText.Show(user.Value)} → {SafeText.Show(to.Value)}   {SafeText.Show(ChatWords.Of(connection))}";
        rows.Add(paint.Bar(Spread(status, hint, size.Columns), connection is ConnectionState.Connected));

        // The part of the line around the cursor that fits.
        const string Prompt = "> ";
        var width = Math.Max(4, size.Columns - Prompt.Length - 1);
        var before = LineWrap.TakeEnd(input.BeforeCursor, width);
        var after = LineWrap.TakeBeginning(input.AfterCursor, width - LineWrap.WidthOf(before));
        rows.Add($"{Prompt}{before}{after}");
        return new ChatFrame(rows, Prompt.Length + LineWrap.WidthOf(before), back);
    }

    /// <summary>The rows of one entry.</summary>
    public IReadOnlyList<string> DrawEntry(ChatEntry entry, int columns)
    {
        switch (entry)
        {
            case ChatEntry.Theirs theirs:
                var again = theirs.Redelivered ? " (may have been shown before)" : "";
                return Say(theirs.At, theirs.From, SafeText.Show(theirs.Text) + again, paint.Theirs, null, columns);
            case ChatEntry.Own own:
                return Say(own.At, user, SafeText.Show(own.Text), paint.Own, own.State, columns);
            default:
                var note = (ChatEntry.Note)entry;
                var time = Time(note.At);
                var rows = LineWrap.Wrap(SafeText.Show(note.Text), columns - Indent(time));
                return [.. rows.Select((row, number) => paint.Quiet(number == 0 ? $"{time}  {row}" : new string(' ', Indent(time)) + row))];
        }
    }

    private List<string> Say(DateTimeOffset at, UserId from, string text, Func<string, string> paintName, SentState? state, int columns)
    {
        var time = Time(at);
        var name = LineWrap.TakeBeginning(SafeText.Show(from.Value), Math.Max(4, columns / 3));
        var indent = Indent(time);
        var isWide = columns >= WidthForStates;
        var width = columns - indent - (isWide ? StateColumns : 0);
        var rows = LineWrap.Wrap($"{name}: {text}", width).ToList();
        var last = LineWrap.WidthOf(rows[^1]);

        // The name is painted after the wrapping, which counts columns; it may be cut where the terminal is very narrow.
        rows[0] = rows[0].StartsWith(name, StringComparison.Ordinal) ? paintName(name) + rows[0][name.Length..] : rows[0];
        for (var row = 0; row < rows.Count; row++)
        {
            rows[row] = (row == 0 ? $"{paint.Quiet(time)}  " : new string(' ', indent)) + rows[row];
        }

        if (state is { } known)
        {
            var word = ChatWords.Of(known);
            if (isWide)
            {
                rows[^1] += new string(' ', Math.Max(1, columns - indent - last - ChatWords.StateWidth)) + paint.State(known, word);
            }
            else
            {
                rows.Add(new string(' ', indent) + paint.State(known, word));
            }
        }

        return rows;
    }

    /// <summary>The rows at the bottom that fit, and how far back they are: drawn from the end, so that a long conversation costs no more than a short one.</summary>
    private (List<string> Rows, int Back) Conversation(IReadOnlyList<ChatEntry> entries, int scrolled, int room, int columns)
    {
        var rows = new List<string>();
        for (var place = entries.Count - 1; place >= 0 && rows.Count < room + scrolled; place--)
        {
            rows.InsertRange(0, DrawEntry(entries[place], columns));
        }

        var back = Math.Clamp(rows.Count - room, 0, scrolled);
        var from = Math.Max(0, rows.Count - room - back);
        return (rows.GetRange(from, Math.Min(room, rows.Count - from)), back);
    }

    /// <summary>Where what is said begins, behind the time.</summary>
    private static int Indent(string time) => time.Length + 2;

    private string Time(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone).ToString("HH:mm", CultureInfo.InvariantCulture);

    private static string Spread(string left, string right, int columns)
    {
        var gap = columns - LineWrap.WidthOf(left) - LineWrap.WidthOf(right);
        return gap > 0 ? left + new string(' ', gap) + right : LineWrap.TakeBeginning(left, columns);
    }
}

/// <summary>A screen to be drawn.</summary>
/// <param name="Rows">From the top.</param>
/// <param name="CursorColumn">Where the cursor is in the last row, counted from 0.</param>
/// <param name="ScrolledBack">How many rows there are below what is shown of the conversation.</param>
internal sealed record ChatFrame(IReadOnlyList<string> Rows, int CursorColumn, int ScrolledBack);

/// <summary>The size of a terminal.</summary>
internal readonly record struct ChatSize(int Columns, int Rows);
