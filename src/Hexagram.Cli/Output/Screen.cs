using System.Text.Encodings.Web;
using System.Text.Json;
using Hexagram.Cli.Texts;
using Spectre.Console;

namespace Hexagram.Cli.Output;

/// <summary>
/// Where a command writes: results to standard output, all else to standard error. In JSON each result is one object on one line, and
/// standard output carries nothing else. Thread-safe.
/// </summary>
internal sealed class Screen
{
    private static readonly JsonWriterOptions JsonForm = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();
    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly IAnsiConsole? _lines;
    private Action<string>? _diverted;

    /// <summary>A screen over the two writers of the process; what standard output throws when it has gone is passed on.</summary>
    /// <param name="surroundings">The process.</param>
    /// <param name="json">Whether results and errors are JSON.</param>
    public Screen(Surroundings surroundings, bool json)
    {
        _output = surroundings.Output;
        _error = surroundings.Error;
        IsJson = json;
        if (surroundings.OutputIsTerminal && !json)
        {
            Console = TerminalConsole.Open(_output);
            _lines = TerminalConsole.OpenForLines(_output);
        }
    }

    /// <summary>Whether results are JSON.</summary>
    public bool IsJson { get; }

    /// <summary>The terminal to draw on; null when standard output is not one, or carries JSON.</summary>
    public IAnsiConsole? Console { get; }

    /// <summary>One result in words. Returns when it is written and flushed.</summary>
    /// <exception cref="IOException">Standard output has gone.</exception>
    public void Line(string text)
    {
        lock (_gate)
        {
            _output.Write(text);
            _output.Write('\n');
            _output.Flush();
        }
    }

    /// <summary>One result in words that may hold anything: what a terminal would obey is shown instead.</summary>
    /// <exception cref="IOException">Standard output has gone.</exception>
    public void Text(string text) => Line(SafeText.Show(text));

    /// <summary>One result in words with Spectre's markup; plain where there is no terminal. Returns when it is written and flushed.</summary>
    /// <exception cref="IOException">Standard output has gone.</exception>
    public void Markup(string markup)
    {
        if (_lines is null)
        {
            Line(Spectre.Console.Markup.Remove(markup));
            return;
        }

        lock (_gate)
        {
            _lines.Write(new Markup(markup + "\n"));
            _output.Flush();
        }
    }

    /// <summary>One result as a JSON object on one line. Returns when it is written and flushed.</summary>
    /// <exception cref="IOException">Standard output has gone.</exception>
    public void Json(Action<Utf8JsonWriter> members) => Line(Object(members));

    /// <summary>Something worth knowing that is no result: to standard error.</summary>
    public void Note(string text) => Aside("note", text);

    /// <summary>A note, also while notes go elsewhere: what is told by the one they go to.</summary>
    public void Aside(string text) => Print("note", text);

    /// <summary>What went wrong: to standard error.</summary>
    public void Error(string text) => Aside("error", text);

    /// <summary>Gives notes to <paramref name="to"/> instead, until disposed: while a figure is drawn they would spoil it.</summary>
    public IDisposable DivertNotes(Action<string> to)
    {
        Volatile.Write(ref _diverted, to);
        return new Diversion(this);
    }

    private void Aside(string kind, string text)
    {
        if (kind == "note" && Volatile.Read(ref _diverted) is { } diverted)
        {
            diverted(text);
            return;
        }

        Print(kind, text);
    }

    private void Print(string kind, string text)
    {
        var line = IsJson ? Object(json => json.WriteString(kind, text)) : kind == "error" ? $"hexagram: {text}" : text;
        lock (_gate)
        {
            _error.WriteLine(line);
            _error.Flush();
        }
    }

    private static string Object(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, JsonForm))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private sealed class Diversion(Screen screen) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref screen._diverted, null);
    }
}
