using Hexagram.Cli.Chatting;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Tests.Chatting;

/// <summary>What a chat looks like.</summary>
public sealed class ChatViewTests
{
    private static readonly UserId Alice = new("alice");
    private static readonly UserId Bob = new("bob");
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ConnectionState Connected = new ConnectionState.Connected(Alice);
    private readonly ChatView _view = new(Alice, Bob, new ChatPaint(inColour: false), TimeZoneInfo.Utc);
    private readonly InputEditor _input = new();

    [Fact]
    public void The_conversation_stands_above_the_connection_and_the_line_that_is_typed()
    {
        Type("typing");

        var frame = Draw([Theirs("hello"), Own("你好")], new ChatSize(60, 6));

        Assert.Equal(
            [
                "",
                "",
                "03:04  bob: hello",
                "03:04  alice: 你好                                 refused",
                "alice → bob   connected                        Ctrl-D leaves",
                "> typing",
            ],
            frame.Rows.Select(row => row.TrimEnd()));
        Assert.Equal(8, frame.CursorColumn);
    }

    [Fact]
    public void A_long_note_stands_behind_its_time_in_all_its_rows()
    {
        Assert.Equal(
            ["03:04  cannot connect:", "       refused"],
            _view.DrawEntry(Note("cannot connect: refused"), 24));
    }

    [Fact]
    public void No_row_is_wider_than_the_terminal_whatever_is_said()
    {
        Type(string.Concat(Enumerable.Repeat("长 long ", 40)));
        var entries = Enumerable.Range(0, 30).SelectMany(n => new ChatEntry[] { Theirs(new string('长', n * 3)), Own($"{n} {new string('w', n * 5)}\nsecond line\tand tab"), Note("noted " + n) }).ToList();
        foreach (var columns in new[] { 8, 12, 20, 39, 40, 41, 80, 200 })
        {
            foreach (var rows in new[] { 3, 5, 24 })
            {
                var frame = Draw(entries, new ChatSize(columns, rows));

                Assert.Equal(rows, frame.Rows.Count);
                Assert.All(frame.Rows, row => Assert.True(LineWrap.WidthOf(row) <= columns || columns < 20, $"{LineWrap.WidthOf(row)} columns in {columns}: {row}"));
                Assert.InRange(frame.CursorColumn, 0, columns);
            }
        }
    }

    [Fact]
    public void What_a_terminal_would_obey_is_shown_instead()
    {
        var frame = Draw([Theirs("\e[2J\e]0;pwn\a\r\u009b31m\u202emirror\nbob: I owe you")], new ChatSize(80, 8));
        var all = string.Join('\n', frame.Rows);

        Assert.DoesNotContain(all, one => char.IsControl(one) && one != '\n');
        Assert.DoesNotContain('\u202e', all);
        Assert.Contains("␛[2J", all, StringComparison.Ordinal);

        // A second line stands behind the first, not where a name would stand.
        Assert.Contains(frame.Rows, row => row.StartsWith("           bob: I owe you", StringComparison.Ordinal));
    }

    [Fact]
    public void Offline_is_told()
    {
        var frame = _view.Draw([], new ConnectionState.Waiting(At, "no route", ErrorCode.None), _input, 0, new ChatSize(80, 4));

        Assert.Contains("offline, trying again", frame.Rows[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void Scrolling_back_shows_what_was_said_before_and_ends_at_the_beginning()
    {
        var entries = Enumerable.Range(1, 50).Select(n => Theirs($"number {n}")).ToList();

        Assert.Contains("number 50", Draw(entries, new ChatSize(80, 6)).Rows[3], StringComparison.Ordinal);
        var back = _view.Draw(entries, Connected, _input, 10, new ChatSize(80, 6));
        Assert.Contains("number 40", back.Rows[3], StringComparison.Ordinal);
        Assert.Contains("10 rows below", back.Rows[4], StringComparison.Ordinal);
        var beginning = _view.Draw(entries, Connected, _input, 1_000, new ChatSize(80, 6));
        Assert.Contains("number 1", beginning.Rows[0], StringComparison.Ordinal);
        Assert.Equal(46, beginning.ScrolledBack);
    }

    [Fact]
    public void Colours_go_around_the_words_and_change_nothing_else()
    {
        var coloured = new ChatView(Alice, Bob, new ChatPaint(inColour: true), TimeZoneInfo.Utc);
        var frame = coloured.Draw([Theirs("hello"), Own("yes")], Connected, _input, 0, new ChatSize(60, 5));

        Assert.Contains(frame.Rows, row => row.Contains("\e[1mbob\e[0m: hello", StringComparison.Ordinal));
        Assert.Equal(
            Draw([Theirs("hello"), Own("yes")], new ChatSize(60, 5)).Rows,
            frame.Rows.Select(row => System.Text.RegularExpressions.Regex.Replace(row, "\e\\[[0-9;]*m", "")));
    }

    private static ChatEntry.Theirs Theirs(string text) => new(Bob, At, text, Redelivered: false);

    private static ChatEntry.Own Own(string text) => new(null, Bob, At, text);

    private static ChatEntry.Note Note(string text) => new(At, text);

    private ChatFrame Draw(IReadOnlyList<ChatEntry> entries, ChatSize size) => _view.Draw(entries, Connected, _input, 0, size);

    private void Type(string text)
    {
        foreach (var typed in text)
        {
            _input.Press(new ConsoleKeyInfo(typed, default, shift: false, alt: false, control: false));
        }
    }
}
