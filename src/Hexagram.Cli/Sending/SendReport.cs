using Hexagram.Cli.Output;
using Hexagram.Cli.Texts;
using Hexagram.Client;

namespace Hexagram.Cli.Sending;

/// <summary>
/// Says what became of each message and, at the end, of all of them: in words, in JSON, and as an exit code. Used by one caller at a time.
/// </summary>
internal sealed class SendReport
{
    private readonly SendSettings _settings;
    private readonly Screen _screen;
    private readonly List<(SentItem Item, SentMessage Message)> _stored = [];
    private int _waiting;
    private int _accepted;
    private int _refused;
    private string? _fault;

    /// <summary>A report on nothing yet.</summary>
    public SendReport(SendSettings settings, Screen screen)
    {
        _settings = settings;
        _screen = screen;
    }

    /// <summary>Reports how <paramref name="item"/> stands. It has been waited for; only a stored one may still get further.</summary>
    public async Task AddAsync(SentItem item)
    {
        SentMessage message;
        try
        {
            message = await item.Sending;
        }
        catch (InvalidDataException unfit)
        {
            _refused++;
            Print(item, null, SentState.Refused, unfit.Message);
            return;
        }
        catch (ClientStoreException fault)
        {
            _fault ??= fault.Message;
            return;
        }

        var state = message.State;
        switch (state)
        {
            case SentState.Waiting:
                _waiting++;
                break;
            case SentState.Accepted:
                _accepted++;
                break;
            case SentState.Stored:
                _stored.Add((item, message));
                break;
            case SentState.Refused:
                _refused++;
                break;
        }

        // What an earlier run has told already is told again only when it has changed.
        if (!(item.WasStored && state == SentState.Stored))
        {
            Print(item, message, state, await ReasonAsync(message));
        }
    }

    /// <summary>Reports what has been delivered since it was reported stored, says what that leaves, and gives the exit code.</summary>
    /// <param name="fault">What went wrong with the run itself; null when nothing did.</param>
    public ExitCode Finish(string? fault)
    {
        foreach (var (item, message) in _stored.Where(stored => stored.Message.State == SentState.Delivered))
        {
            Print(item, message, SentState.Delivered, null);
        }

        // What an earlier run left stored for somebody else says nothing about this one.
        var stored = _stored.Count(stored => stored.Message.State != SentState.Delivered && (!stored.Item.WasStored || stored.Message.To == _settings.To));
        if (stored > 0)
        {
            _screen.Note($"{Messages(stored)} stored at the server for {Names()}: offline, and gets {(stored == 1 ? "it" : "them")} on coming back. The next run of 'send' asks again.");
        }

        if (_waiting + _accepted > 0)
        {
            var words = new[] { _waiting > 0 ? $"{Messages(_waiting)} waiting in the outbox" : null, _accepted > 0 ? $"{Messages(_accepted)} accepted by the server and not confirmed" : null };
            _screen.Note($"{string.Join(", ", words.OfType<string>())}. Nothing is lost: the next run of 'send' with the state in {_settings.Client.StateFolder} goes on.");
        }

        fault ??= _fault;
        if (fault is not null)
        {
            _screen.Error(fault);
            return ExitCode.Failure;
        }

        return _refused > 0 ? ExitCode.Refused
            : _waiting + _accepted > 0 ? ExitCode.TimedOut
            : stored > 0 ? ExitCode.Stored
            : ExitCode.Success;
    }

    private static string Messages(int count) => count == 1 ? "1 message is" : $"{count} messages are";

    private string Names() => string.Join(", ", _stored
        .Where(stored => stored.Message.State != SentState.Delivered)
        .Select(stored => SafeText.Show(stored.Message.To.Value))
        .Distinct(StringComparer.Ordinal)
        .Take(5));

    private static async Task<string?> ReasonAsync(SentMessage message)
    {
        if (message.State != SentState.Refused)
        {
            return null;
        }

        try
        {
            await message.Delivered;
            return null;
        }
        catch (MessageRefusedException refused)
        {
            return refused.Message;
        }
    }

    private void Print(SentItem item, SentMessage? message, SentState state, string? reason)
    {
        if (_screen.IsJson)
        {
            PrintJson(item, message, state, reason);
            return;
        }

        var colour = state switch
        {
            SentState.Delivered => "green",
            SentState.Stored => "yellow",
            SentState.Refused => "red",
            _ => "grey",
        };
        var name = message?.Id.ToString() ?? $"line {item.Index}";
        var remark = reason ?? state switch
        {
            SentState.Waiting => "not accepted yet; it is in the outbox",
            SentState.Accepted => "on the server's disk; not confirmed yet",
            SentState.Stored => "on the server's disk; the recipient is offline",
            _ => null,
        };
        var to = SafeText.Show((message?.To ?? _settings.To).Value);
        _screen.Markup($"[{colour}]{state.ToString().ToLowerInvariant(),-9}[/]  {name}  to {Spectre.Console.Markup.Escape(to)}"
            + (item.Index == 0 ? "  (of an earlier run)" : "")
            + (remark is null ? "" : $"  {Spectre.Console.Markup.Escape(SafeText.Show(remark))}"));
    }

    private void PrintJson(SentItem item, SentMessage? message, SentState state, string? reason) => _screen.Json(json =>
    {
        if (message is not null)
        {
            json.WriteString("id", message.Id.ToString());
        }

        json.WriteString("to", (message?.To ?? _settings.To).Value);
        json.WriteString("state", state.ToString().ToLowerInvariant());
        if (item.Index > 0)
        {
            json.WriteNumber("index", item.Index);
        }
        else
        {
            json.WriteBoolean("earlier", true);
        }

        if (reason is not null)
        {
            json.WriteString("reason", reason);
        }
    });
}
