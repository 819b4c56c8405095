using Hexagram.Cli.Chatting;

namespace Hexagram.Cli.Tests.Chatting;

/// <summary>The line that is typed.</summary>
public sealed class InputEditorTests
{
    private readonly InputEditor _editor = new();

    [Fact]
    public void Enter_gives_the_line_and_begins_anew()
    {
        Type("你好 Bob");

        Assert.Equal("你好 Bob", Press(ConsoleKey.Enter));
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void A_line_of_blanks_is_no_message()
    {
        Type("   ");

        Assert.Null(Press(ConsoleKey.Enter));
    }

    [Fact]
    public void Characters_are_removed_as_people_count_them()
    {
        Type("a👨‍👩‍👧e\u0301");

        Press(ConsoleKey.Backspace);
        Assert.Equal("a👨‍👩‍👧", _editor.Text);
        Press(ConsoleKey.Backspace);
        Assert.Equal("a", _editor.Text);
        Press(ConsoleKey.Backspace);
        Press(ConsoleKey.Backspace);
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void Typing_goes_in_where_the_cursor_is()
    {
        Type("ac");
        Press(ConsoleKey.LeftArrow);
        Type("b");
        Assert.Equal(("ab", "c"), (_editor.BeforeCursor, _editor.AfterCursor));
        Press(ConsoleKey.Home);
        Press(ConsoleKey.Delete);
        Press(ConsoleKey.End);
        Type("d");
        Assert.Equal("bcd", _editor.Text);
    }

    [Fact]
    public void Words_and_the_rest_of_the_line_are_removed_with_the_keys_of_a_shell()
    {
        Type("one two  three");
        Press(ConsoleKey.W, control: true);
        Assert.Equal("one two  ", _editor.Text);
        Press(ConsoleKey.W, control: true);
        Assert.Equal("one ", _editor.Text);
        Press(ConsoleKey.A, control: true);
        Press(ConsoleKey.K, control: true);
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void What_was_said_is_recalled()
    {
        Type("first");
        Press(ConsoleKey.Enter);
        Type("second");
        Press(ConsoleKey.Enter);

        Press(ConsoleKey.UpArrow);
        Press(ConsoleKey.UpArrow);
        Press(ConsoleKey.UpArrow);
        Assert.Equal("first", _editor.Text);
        Press(ConsoleKey.DownArrow);
        Assert.Equal("second", _editor.Text);
        Press(ConsoleKey.DownArrow);
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void Control_characters_are_not_typed_and_a_line_has_a_limit()
    {
        Type("\e\u0001\t");
        Assert.Equal("", _editor.Text);
        Type(new string('x', InputEditor.CharactersMax + 10));
        Assert.Equal(InputEditor.CharactersMax, _editor.Text.Length);
    }

    private void Type(string text)
    {
        foreach (var typed in text)
        {
            _editor.Press(new ConsoleKeyInfo(typed, default, shift: false, alt: false, control: false));
        }
    }

    private string? Press(ConsoleKey key, bool control = false) => _editor.Press(new ConsoleKeyInfo('\0', key, shift: false, alt: false, control));
}
