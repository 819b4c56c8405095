using System.Diagnostics;
using Hexagram.Chaos.Clients;
using Hexagram.Checking;
using Hexagram.Protocol;

namespace Hexagram.Chaos.Runs;

/// <summary>Records what all clients print: the history that is judged, the timeline that is drawn, and how far the run is. Thread-safe.</summary>
internal sealed class Recorder
{
    private const int TroublesMax = 100;

    private readonly Lock _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Timeline _timeline = new();
    private readonly Dictionary<TrackedMessage, TrackedMessage> _known = [];
    private readonly Dictionary<TrackedMessage, TimeSpan> _calledAt = [];
    private readonly Dictionary<(Party From, UserId To), long> _ordinals = [];
    private readonly Dictionary<UserId, HashSet<TrackedMessage>> _accepted = [];
    private readonly Dictionary<Party, HashSet<TrackedMessage>> _handled = [];
    private readonly List<string> _troubles = [];
    private long _sent;
    private long _delivered;

    /// <summary>Everything, in words that the checker understands.</summary>
    public History History { get; } = new();

    /// <summary>How long the run has lasted.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>Messages whose SendAsync returned, and those whose sender was told that they are delivered.</summary>
    public (long Sent, long Delivered) Counts
    {
        get
        {
            lock (_gate)
            {
                return (_sent, _delivered);
            }
        }
    }

    /// <summary>When a handler was last entered.</summary>
    public TimeSpan LastHandledAt { get; private set; }

    /// <summary>The first of those things that ought not to happen, in words.</summary>
    public IReadOnlyList<string> Troubles
    {
        get
        {
            lock (_gate)
            {
                return [.. _troubles];
            }
        }
    }

    /// <summary>A moment of a process, in time since the beginning of the run.</summary>
    public TimeSpan At(long ticks) => Stopwatch.GetElapsedTime(_start, ticks);

    /// <summary>Records what a process of clients has printed.</summary>
    public void Take(ClientLine line)
    {
        lock (_gate)
        {
            if (line.Message is { } message)
            {
                Take(line, Known(message), At(line.Ticks));
            }
            else if (line.Word == ClientWord.Trouble)
            {
                AddTrouble(line.Rest);
            }
        }
    }

    /// <summary>A device starts, or starts again.</summary>
    public void Started(Party party, bool receives)
    {
        lock (_gate)
        {
            if (receives)
            {
                History.Started(Now, party);
                _handled.TryAdd(party, []);
            }
            else
            {
                History.StartedSendOnly(Now, party);
            }
        }
    }

    /// <summary>Something ought not to have happened.</summary>
    public void Trouble(string what)
    {
        lock (_gate)
        {
            AddTrouble(what);
        }
    }

    /// <summary>For each recipient that a device has written to: the highest ordinal that it has used.</summary>
    public IReadOnlyDictionary<string, long> OrdinalsOf(Party party)
    {
        lock (_gate)
        {
            return _ordinals.Where(pair => pair.Key.From == party).ToDictionary(pair => pair.Key.To.Value, pair => pair.Value);
        }
    }

    /// <summary>
    /// Whether every device has entered its handler for everything that was accepted for its user. What a kill has undone since comes again, so whoever asks
    /// waits a little longer; the verdict does not rest on this.
    /// </summary>
    public bool EverythingIsHandled()
    {
        lock (_gate)
        {
            return _handled.All(pair => !_accepted.TryGetValue(pair.Key.User, out var expected) || expected.IsSubsetOf(pair.Value));
        }
    }

    /// <summary>What is to be drawn.</summary>
    public IReadOnlyList<TimelineSecond> ReadTimeline()
    {
        lock (_gate)
        {
            return _timeline.Read();
        }
    }

    /// <inheritdoc cref="Timeline.ReadPercentiles"/>
    public IReadOnlyList<TimeSpan> ReadPercentiles(params IReadOnlyList<double> percents)
    {
        lock (_gate)
        {
            return _timeline.ReadPercentiles(percents);
        }
    }

    private void Take(ClientLine line, TrackedMessage message, TimeSpan at)
    {
        switch (line.Word)
        {
            case ClientWord.Calling:
                History.Calling(at, message);
                _calledAt[message] = at;
                _ordinals[(message.Sender, message.To)] = message.Ordinal;
                break;
            case ClientWord.Sent:
                History.Sent(at, message);
                _timeline.Sent(at);
                _sent++;
                break;
            case ClientWord.NotTaken:
                History.CalledOff(at, message);
                break;
            case ClientWord.Accepted:
                History.Told(at, message, MessageState.Accepted);
                Expect(message);
                break;
            case ClientWord.Stored:
                History.Told(at, message, MessageState.Stored);
                Expect(message);
                break;
            case ClientWord.Delivered:
                History.Told(at, message, MessageState.Delivered);
                Expect(message);
                if (_calledAt.Remove(message, out var called))
                {
                    _timeline.Delivered(at, at - called);
                    _delivered++;
                }

                break;
            case ClientWord.Refused:
                AddTrouble($"{message} was refused: {line.Rest}");
                break;
            case ClientWord.Handling:
                // A message at the wrong place is for the checker, which finds the effect there.
                var by = line.Rest.Split(' ');
                if (by.Length == 2 && _handled.TryGetValue(new Party(new UserId(by[0]), new DeviceId(by[1])), out var handled))
                {
                    handled.Add(message);
                }

                LastHandledAt = at;
                break;
            case ClientWord.Waiting:
                History.Waiting(at, message);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(line), line.Word, "This line has no message.");
        }
    }

    /// <summary>One object per message, however often it is named.</summary>
    private TrackedMessage Known(TrackedMessage message)
    {
        if (!_known.TryGetValue(message, out var known))
        {
            _known.Add(message, known = message);
        }

        return known;
    }

    private void Expect(TrackedMessage message)
    {
        if (!_accepted.TryGetValue(message.To, out var messages))
        {
            _accepted.Add(message.To, messages = []);
        }

        messages.Add(message);
    }

    private void AddTrouble(string what)
    {
        if (_troubles.Count < TroublesMax)
        {
            _troubles.Add(FormattableString.Invariant($"at {Now.TotalSeconds:0.0} s: ") + what);
        }
    }
}
