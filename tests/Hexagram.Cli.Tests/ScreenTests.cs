using System.Text.Json;
using Hexagram.Cli.Output;
using Hexagram.Cli.Tests.CommandLine;

namespace Hexagram.Cli.Tests;

/// <summary>Results go to standard output and all else to standard error; JSON is one object per line.</summary>
public sealed class ScreenTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void In_json_a_result_is_one_line_whatever_it_holds()
    {
        Screen(json: true).Json(json => json.WriteString("text", "one\ntwo\u2028三 \"quoted\" \e"));

        Assert.Equal("{\"text\":\"one\\ntwo\\u2028三 \\\"quoted\\\" \\u001B\"}\n", _output.ToString());
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void In_json_notes_and_errors_are_objects_on_standard_error()
    {
        var screen = Screen(json: true);
        screen.Note("a note");
        screen.Error("an error\nof two lines");

        Assert.Empty(_output.ToString());
        var lines = _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("a note", lines[0].GetProperty("note").GetString());
        Assert.Equal("an error\nof two lines", lines[1].GetProperty("error").GetString());
    }

    [Fact]
    public void In_words_markup_is_left_out_where_there_is_no_terminal()
    {
        Screen(json: false).Markup("[green]delivered[/] [[as it is]]");

        Assert.Equal("delivered [as it is]\n", _output.ToString());
    }

    [Fact]
    public void While_something_is_drawn_notes_go_where_they_do_not_disturb()
    {
        var notes = new List<string>();
        var screen = Screen(json: false);
        using (screen.DivertNotes(notes.Add))
        {
            screen.Note("diverted");
            screen.Error("not diverted");
        }

        screen.Note("after");

        Assert.Equal(["diverted"], notes);
        Assert.Equal("hexagram: not diverted\nafter\n", _error.ToString());
    }

    private Screen Screen(bool json) => new(CapturedRun.Surroundings(_output, _error), json);
}
