using System.Threading.Channels;
using Hexagram.Cli.Drawing;
using Hexagram.Cli.Output;
using Hexagram.Client;
using Hexagram.Protocol;
using Spectre.Console;

namespace Hexagram.Cli.Sending;

/// <summary>
/// Shows the six lines while they complete: a figure that grows when a person looks at one message, else one line of text or JSON for
/// each line that lights up. Packets may come from any thread; all drawing is done by one.
/// </summary>
internal sealed class Trace
{
    private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<MessageId, Traced> _traced = [];
    private readonly UserId _from;
    private readonly Screen _screen;
    private volatile string _remark = "";
    private bool _isFigure;
    private Task _drawing = Task.CompletedTask;

    /// <summary>A trace of the messages of <paramref name="from"/>.</summary>
    public Trace(UserId from, Screen screen)
    {
        _from = from;
        _screen = screen;
    }

    /// <summary>Takes what has passed. Never waits, never throws.</summary>
    public void Heard(TracedPacket packet)
    {
        if (packet.Packet is MessageRequest or MessageAcknowledge or AckNotify or StatusAcknowledge)
        {
            _events.Writer.TryWrite(new Event(packet, null));
        }
    }

    /// <summary>Begins to draw.</summary>
    /// <param name="single">Whether there is one message alone, which then has the figure if there is a terminal.</param>
    public void Start(bool single)
    {
        _isFigure = single && _screen.Console is not null;
        _drawing = _isFigure ? DrawFigureAsync(_screen.Console!) : PrintLinesAsync();
    }

    /// <summary>Completes when all that passed until now is drawn, so that something else may be printed. A figure is finished by that.</summary>
    public async Task CatchUpAsync()
    {
        if (_isFigure)
        {
            await FinishAsync();
            return;
        }

        var drawn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_events.Writer.TryWrite(new Event(default, drawn)))
        {
            await Task.WhenAny(drawn.Task, _drawing);
        }
    }

    /// <summary>Draws what has come until now, and ends.</summary>
    public Task FinishAsync()
    {
        _events.Writer.TryComplete();
        return _drawing;
    }

    private async Task PrintLinesAsync()
    {
        await foreach (var one in _events.Reader.ReadAllAsync())
        {
            one.Drawn?.SetResult();
            foreach (var (traced, line) in Take(one.Packet))
            {
                if (_screen.IsJson)
                {
                    PrintJson(traced, line);
                }
                else
                {
                    Print(traced, line);
                }
            }
        }
    }

    private async Task DrawFigureAsync(IAnsiConsole console)
    {
        using var diverted = _screen.DivertNotes(note => _remark = note);
        Traced? drawn = null;
        await console.Live(Text.Empty).StartAsync(async context =>
        {
            await foreach (var one in _events.Reader.ReadAllAsync())
            {
                drawn = Take(one.Packet).Select(lit => lit.Traced).LastOrDefault() ?? drawn;
                if (drawn is not null)
                {
                    context.UpdateTarget(Figure.Draw(drawn.Id, drawn.Words, drawn.Lines, _remark, console.Profile.Width));
                }
            }
        });
    }

    private IEnumerable<(Traced Traced, LitLine Line)> Take(TracedPacket packet)
    {
        switch (packet.Packet)
        {
            case MessageRequest request:
                var traced = new Traced(request.Id, new LineWords(_from, request.To));
                if (!_traced.TryAdd(request.Id, traced))
                {
                    traced = _traced[request.Id];
                }

                return traced.Lines.Transmitted(packet.At).Select(line => (traced, line));
            case MessageAcknowledge accepted:
                return Reached([accepted.Id], MessageState.Accepted, packet.At);
            case AckNotify report:
                return Reached(report.Ids, report.State, packet.At);
            case StatusAcknowledge statuses:
                return statuses.Statuses.SelectMany(status => Reached([status.Id], status.State, packet.At, statuses.To));
            default:
                return [];
        }
    }

    private IEnumerable<(Traced Traced, LitLine Line)> Reached(IEnumerable<MessageId> ids, MessageState state, DateTimeOffset at, UserId? to = null)
    {
        foreach (var id in ids)
        {
            if (!_traced.TryGetValue(id, out var traced))
            {
                if (to is null)
                {
                    continue;
                }

                // Of an earlier run, and asked about: its first lines passed then.
                _traced.Add(id, traced = new Traced(id, new LineWords(_from, to.Value)));
            }

            foreach (var line in traced.Lines.Reached(state, at))
            {
                yield return (traced, line);
            }

            if (state == MessageState.Delivered)
            {
                _traced.Remove(id);
            }
        }
    }

    private void Print(Traced traced, LitLine line)
    {
        var (from, to) = traced.Words.Way(line.Number);
        var remarks = new[] { line.How == Lighting.Proven ? "" : LineWords.After(traced.Begin(line), line), traced.Words.Meaning(line) };
        _screen.Text($"{traced.Id}  {line.Number} {line.Name}  {from} -> {to}  {string.Join("  ", remarks.Where(remark => remark.Length > 0))}");
    }

    private void PrintJson(Traced traced, LitLine line) => _screen.Json(json =>
    {
        json.WriteString("id", traced.Id.ToString());
        json.WriteString("to", traced.Words.To.Value);
        json.WriteNumber("line", line.Number);
        json.WriteString("packet", line.Name);
        json.WriteString("how", line.How switch { Lighting.Seen => "seen", Lighting.Proven => "proven", _ => "forged" });
        json.WriteInstant("at", line.At);
    });

    /// <summary>Something that passed, or somebody who waits until all before it is drawn.</summary>
    private readonly record struct Event(TracedPacket Packet, TaskCompletionSource? Drawn);

    private sealed record Traced(MessageId Id, LineWords Words)
    {
        public SixLines Lines { get; } = new();

        public DateTimeOffset Begin(LitLine line) => Lines[1]?.At ?? line.At;
    }
}
