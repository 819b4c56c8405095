using System.Buffers.Text;
using System.Text;
using Hexagram.Checking;
using Hexagram.Protocol;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Checking;

/// <summary>
/// Writes down what happens to each message, for <see cref="Checker"/> to judge. A body begins with the message's place in this ledger,
/// so that whoever sees it can say which one it is, whatever id the product gives it.
/// </summary>
internal sealed class Ledger(World world)
{
    private readonly List<LedgerLine> _lines = [];
    private readonly Dictionary<(Party From, UserId To), long> _ordinals = [];
    private readonly List<string> _oddities = [];

    internal History History { get; } = new() { HasDiskWitness = true };

    /// <summary>What is wrong and no promise: something threw, or was said that nobody should ever hear.</summary>
    internal IReadOnlyList<string> Oddities => _oddities;

    internal IReadOnlyList<LedgerLine> Lines => _lines;

    /// <summary>SendAsync is called.</summary>
    internal LedgerLine Calling(Party from, UserId to, int padding)
    {
        var ordinal = _ordinals[(from, to)] = _ordinals.GetValueOrDefault((from, to)) + 1;
        var line = new LedgerLine(new TrackedMessage(from, to, ordinal), $"{_lines.Count}{new string(' ', padding)}");
        _lines.Add(line);
        History.Calling(world.Now, line.Message);
        return line;
    }

    /// <summary>SendAsync has returned.</summary>
    internal void Sent(LedgerLine line) => History.Sent(world.Now, line.Message);

    /// <summary>The sender's application is told a state.</summary>
    internal void Told(Body body, MessageState state) => History.Told(world.Now, LineOf(body).Message, state);

    /// <summary>The store has it on its disk, in this place.</summary>
    internal void Kept(Body body, Epoch epoch, Sequence sequence)
    {
        var line = LineOf(body);
        line.Places.TryAdd(epoch, sequence);
        History.Kept(world.Now, line.Message);
    }

    /// <summary>An older copy of the store goes on as a new history: what it has stands there where it stood before.</summary>
    internal void Restored(Epoch before, Epoch now, Func<UserId, Sequence> last)
    {
        foreach (var line in _lines)
        {
            if (line.Places.TryGetValue(before, out var place) && place <= last(line.Message.To))
            {
                line.Places.Add(now, place);
            }
        }

        History.Restored(world.Now);
    }

    /// <summary>A device's application has committed the effect.</summary>
    internal void Handled(Party by, Body body) => History.Handled(world.Now, by, LineOf(body).Message);

    internal void CalledOff(Body body) => History.CalledOff(world.Now, LineOf(body).Message);

    internal void Excused(Body body) => History.Excused(world.Now, LineOf(body).Message);

    /// <summary>What stands up to here in a history, a device need not have: it begins after it, or was told that it is gone.</summary>
    internal void ExcuseUpTo(Party party, Epoch epoch, Sequence upTo)
    {
        foreach (var line in _lines)
        {
            if (line.Message.To == party.User && line.Places.TryGetValue(epoch, out var place) && place <= upTo)
            {
                History.ExcusedAt(world.Now, party, line.Message);
            }
        }
    }

    /// <summary>The sender holds it no longer, and nobody has told it delivered: it stands at the server, or is of unknown outcome.</summary>
    internal void LetGo(Body body) => LineOf(body).IsLetGo = true;

    /// <summary>What a restored store lacks comes again only from senders that still hold it.</summary>
    internal void ExcuseLetGo()
    {
        foreach (var line in _lines.Where(line => line.IsLetGo))
        {
            History.Excused(world.Now, line.Message);
        }
    }

    internal void Waiting(Body body) => History.Waiting(world.Now, LineOf(body).Message);

    /// <summary>Something that no promise forbids and nobody should see.</summary>
    internal void Odd(string what)
    {
        world.Trace($"ODD {what}");
        _oddities.Add(what);
    }

    private LedgerLine LineOf(Body body) =>
        Utf8Parser.TryParse(body.Content.Span, out int place, out _) && place < _lines.Count
            ? _lines[place]
            : throw new InvalidOperationException($"No device has written '{Encoding.UTF8.GetString(body.Content.Span)}'.");
}

/// <summary>One message.</summary>
internal sealed class LedgerLine(TrackedMessage message, Body body)
{
    internal TrackedMessage Message => message;

    internal Body Body => body;

    internal bool IsLetGo { get; set; }

    /// <summary>Where the store has it, in each history that has it.</summary>
    internal Dictionary<Epoch, Sequence> Places { get; } = [];
}
