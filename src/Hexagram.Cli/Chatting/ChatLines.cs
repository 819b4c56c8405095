using System.Runtime.CompilerServices;
using Hexagram.Cli.Output;
using Hexagram.Cli.Receiving;
using Hexagram.Cli.Sending;
using Hexagram.Cli.Texts;
using Hexagram.Client;
using Spectre.Console;

namespace Hexagram.Cli.Chatting;

/// <summary>
/// A chat where there is no terminal, or JSON is asked for: each line of standard input is a message, and everything that comes or gets further is a line of
/// standard output. What can no longer be printed is not confirmed.
/// </summary>
internal sealed class ChatLines(Screen screen, Surroundings surroundings) : IChatFace
{
    private const int ExcerptColumns = 40;

    private readonly MessagePrinter _printer = new(screen, surroundings.Time);
    private readonly CancellationTokenSource _left = CancellationTokenSource.CreateLinkedTokenSource(surroundings.Stop);
    private readonly Lock _gate = new();
    private readonly ConditionalWeakTable<ChatEntry.Own, object> _told = [];

    /// <inheritdoc/>
    public async IAsyncEnumerable<InputLine> ReadAsync()
    {
        var lines = InputLines.ReadAsync(surroundings.OpenInput(), _left.Token).GetAsyncEnumerator(_left.Token);
        while (await NextAsync(lines))
        {
            yield return lines.Current;
        }
    }

    /// <inheritdoc/>
    public void Show(ChatEntry entry)
    {
        if (entry is ChatEntry.Own own)
        {
            Risen(own);
        }
        else if (entry is ChatEntry.Note note)
        {
            screen.Aside(note.Text);
        }
    }

    /// <inheritdoc/>
    public Task ShowAsync(ChatEntry.Theirs entry, Message message, CancellationToken cancellationToken)
    {
        _printer.Print(message);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Risen(ChatEntry.Own own)
    {
        var state = own.State;
        lock (_gate)
        {
            // A message may have risen twice before this is called for the first time.
            if (_told.TryGetValue(own, out var told) && state.Equals(told))
            {
                return;
            }

            _told.AddOrUpdate(own, state);
        }

        Print(own, state);
    }

    /// <inheritdoc/>
    public void Changed()
    {
        // The notes about the connection say what there is to say.
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _left.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Print(ChatEntry.Own own, SentState state)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                if (own.Message is { } message)
                {
                    json.WriteString("id", message.Id.ToString());
                }

                json.WriteString("to", own.To.Value);
                json.WriteString("state", ChatWords.Of(state));
            });
            return;
        }

        var line = SafeText.Show(own.Text).Split('\n')[0];
        var excerpt = LineWrap.TakeBeginning(line, ExcerptColumns);
        screen.Markup($"[grey]{ChatWords.Of(state),-ChatWords.StateWidth}[/]  to {Markup.Escape(SafeText.Show(own.To.Value))}: {Markup.Escape(excerpt)}{(excerpt.Length < own.Text.Length ? "…" : "")}");
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<InputLine> lines)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (OperationCanceledException)
        {
            // The chat is being left.
            return false;
        }
    }
}
