using System.Globalization;

namespace Hexagram.Cli.Chatting;

/// <summary>The line that a person types, with a cursor between characters as people count them. A pure state machine, for one thread.</summary>
internal sealed class InputEditor
{
    /// <summary>Characters that a line may have; what is typed beyond is not taken.</summary>
    public const int CharactersMax = 8_192;

    private readonly List<string> _said = [];
    private string _text = "";
    private int _cursor;
    private int _recalled;

    /// <summary>What has been typed.</summary>
    public string Text => _text;

    /// <summary>What stands before the cursor.</summary>
    public string BeforeCursor => _text[.._cursor];

    /// <summary>What stands after the cursor.</summary>
    public string AfterCursor => _text[_cursor..];

    /// <summary>Does what a key says.</summary>
    /// <returns>The line, when it is finished with Enter and holds something; null otherwise.</returns>
    public string? Press(ConsoleKeyInfo key)
    {
        var isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                return Finish();
            case ConsoleKey.Backspace:
                Remove(Back(), _cursor);
                break;
            case ConsoleKey.W when isControl:
                Remove(BackWord(), _cursor);
                break;
            case ConsoleKey.U when isControl:
                Remove(0, _cursor);
                break;
            case ConsoleKey.K when isControl:
                Remove(_cursor, _text.Length);
                break;
            case ConsoleKey.Delete:
                Remove(_cursor, Forward());
                break;
            case ConsoleKey.LeftArrow:
                _cursor = isControl ? BackWord() : Back();
                break;
            case ConsoleKey.RightArrow:
                _cursor = Forward();
                break;
            case ConsoleKey.Home or ConsoleKey.A when isControl || key.Key == ConsoleKey.Home:
                _cursor = 0;
                break;
            case ConsoleKey.End or ConsoleKey.E when isControl || key.Key == ConsoleKey.End:
                _cursor = _text.Length;
                break;
            case ConsoleKey.UpArrow:
                Recall(_recalled - 1);
                break;
            case ConsoleKey.DownArrow:
                Recall(_recalled + 1);
                break;
            default:
                Insert(key.KeyChar);
                break;
        }

        return null;
    }

    private void Insert(char typed)
    {
        if (!char.IsControl(typed) && _text.Length < CharactersMax)
        {
            _text = _text.Insert(_cursor, typed.ToString());
            _cursor++;
        }
    }

    private string? Finish()
    {
        var line = _text;
        (_text, _cursor) = ("", 0);
        if (string.IsNullOrWhiteSpace(line))
        {
            return null;
        }

        _said.Add(line);
        _recalled = _said.Count;
        return line;
    }

    private void Recall(int which)
    {
        if (which < 0 || which > _said.Count)
        {
            return;
        }

        _recalled = which;
        _text = which == _said.Count ? "" : _said[which];
        _cursor = _text.Length;
    }

    private void Remove(int from, int to)
    {
        _text = _text.Remove(from, to - from);
        _cursor = from;
    }

    private int Back() => _cursor == 0 ? 0 : _cursor - LineWrap.Elements(BeforeCursor)[^1].Length;

    private int Forward() => _cursor == _text.Length ? _cursor : _cursor + StringInfo.GetNextTextElementLength(_text, _cursor);

    private int BackWord() => BeforeCursor.TrimEnd(' ').LastIndexOf(' ') + 1;
}
