using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using Hexagram.Cli.Sending;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Chatting;

/// <summary>
/// A chat on a whole terminal. One task draws, whatever happened; one thread reads keys. When it is left, the conversation stays on the terminal as text.
/// </summary>
internal sealed class ChatTerminal : IChatFace
{
    // ECMA-48 and the modes that xterm added: another screen to draw on, no wrapping, no cursor while drawing.
    private const string Enter = "\e[?1049h\e[?7l";
    private const string Leave = "\e[?7h\e[?1049l";
    private const string Home = "\e[?25l\e[H";

    /// <summary>Before the row is written: behind one that fills the terminal it would take its last character.</summary>
    private const string EmptyRow = "\e[K";

    private readonly HexagramClient _client;
    private readonly TextWriter _output;
    private readonly CancellationToken _stop;
    private readonly ChatHistory _history = new();
    private readonly ChatView _view;
    private readonly InputEditor _editor = new();
    private readonly Channel<InputLine> _typed = Channel.CreateUnbounded<InputLine>();
    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
    private readonly Pulse _change = new();
    private readonly Pulse _drawn = new();
    private readonly CancellationTokenSource _left = new();
    private readonly PosixSignalRegistration? _resized;
    private readonly Task _drawing;
    private int _scrolled;

    /// <summary>Takes the terminal over until disposed.</summary>
    public ChatTerminal(ChatSettings settings, HexagramClient client, Surroundings surroundings)
    {
        _client = client;
        _output = surroundings.Output;
        _stop = surroundings.Stop;
        var paint = new ChatPaint(inColour: surroundings.Variable("NO_COLOR") is null or "");
        _view = new ChatView(settings.Client.User, settings.To, paint, surroundings.Time.LocalTimeZone);
        _resized = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _change.Beat());
        Write(Enter);
        _drawing = DrawAllAsync();
        new Thread(ReadKeys) { Name = "Hexagram keys", IsBackground = true }.Start();
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<InputLine> ReadAsync() => _typed.Reader.ReadAllAsync(CancellationToken.None);

    /// <inheritdoc/>
    public void Show(ChatEntry entry)
    {
        _history.Add(entry);
        _change.Beat();
    }

    /// <inheritdoc/>
    public async Task ShowAsync(ChatEntry.Theirs entry, Message message, CancellationToken cancellationToken)
    {
        _history.Add(entry);
        var drawn = _drawn.Next;
        _change.Beat();
        if (await Task.WhenAny(drawn, _drawing).WaitAsync(cancellationToken) == _drawing)
        {
            await _drawing;
            throw new IOException("The terminal is not drawn on any more.");
        }
    }

    /// <inheritdoc/>
    public void Risen(ChatEntry.Own own) => _change.Beat();

    /// <inheritdoc/>
    public void Changed() => _change.Beat();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _resized?.Dispose();
        _typed.Writer.TryComplete();
        await _left.CancelAsync();
        await _drawing;
        Write(Leave + "\e[?25h");
        foreach (var entry in _history.Entries)
        {
            Write(string.Concat(_view.DrawEntry(entry, Size().Columns).Select(row => $"{row}\n")));
        }

        _left.Dispose();
    }

    private static ChatSize Size() => new(Math.Max(8, OrIfUnknown(Console.WindowWidth, 80)), Math.Max(3, OrIfUnknown(Console.WindowHeight, 24)));

    /// <summary>A terminal that does not know its size says 0.</summary>
    private static int OrIfUnknown(int size, int otherwise) => size > 0 ? size : otherwise;

    /// <summary>Blocks in the system until a key comes; the thread ends with the process.</summary>
    private void ReadKeys()
    {
        try
        {
            while (_keys.Writer.TryWrite(Console.ReadKey(intercept: true)))
            {
                _change.Beat();
            }
        }
        catch (Exception gone) when (gone is InvalidOperationException or IOException)
        {
            // The terminal has gone, and with it whoever typed.
            _keys.Writer.TryComplete();
            _change.Beat();
        }
    }

    private async Task DrawAllAsync()
    {
        while (!_left.IsCancellationRequested && !_stop.IsCancellationRequested)
        {
            // Taken before looking, so that what happens during the drawing leads to another frame; and of many changes, to one.
            var change = _change.Next;
            PressAll();
            var frame = _view.Draw(_history.Entries, _client.State, _editor, _scrolled, Size());
            _scrolled = frame.ScrolledBack;
            Write(Compose(frame));
            _drawn.Beat();
            try
            {
                await change.WaitAsync(_left.Token).WaitAsync(_stop);
            }
            catch (OperationCanceledException)
            {
                // It is being left.
                return;
            }
        }
    }

    private void PressAll()
    {
        while (_keys.Reader.TryRead(out var key))
        {
            if (key is { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } && _editor.Text.Length == 0)
            {
                _typed.Writer.TryComplete();
            }
            else if (key.Key is ConsoleKey.PageUp or ConsoleKey.PageDown)
            {
                var page = Math.Max(1, Size().Rows / 2);
                _scrolled = Math.Max(0, _scrolled + (key.Key == ConsoleKey.PageUp ? page : -page));
            }
            else if (_editor.Press(key) is { } line)
            {
                _scrolled = 0;
                _typed.Writer.TryWrite(ToLine(line));
            }
        }

        if (_keys.Reader.Completion.IsCompleted)
        {
            _typed.Writer.TryComplete();
        }
    }

    private static InputLine ToLine(string line)
    {
        try
        {
            return new InputLine(Body.FromText(line), null);
        }
        catch (ArgumentException unfit)
        {
            return new InputLine(default, unfit.Message.Split(" (Parameter", 2)[0]);
        }
    }

    private static string Compose(ChatFrame frame)
    {
        var text = new StringBuilder(Home);
        text.AppendJoin("\r\n", frame.Rows.Select(row => EmptyRow + row));
        return text.Append(CultureInfo.InvariantCulture, $"\r\e[{frame.CursorColumn}C\e[?25h").ToString();
    }

    private void Write(string text)
    {
        _output.Write(text);
        _output.Flush();
    }
}
