using Hexagram.Protocol;

namespace Hexagram.Checking;

/// <summary>
/// Decides from a <see cref="History"/> whether each promise was kept (docs/guarantees.md). Knows nothing of how the product works: only what was called, what
/// was told, and what is there. Pure; one use.
/// </summary>
public sealed class Checker
{
    private readonly TimeSpan? _bound;
    private readonly bool _hasDiskWitness;
    private readonly Dictionary<TrackedMessage, Track> _tracks = [];
    private readonly Dictionary<UserId, List<Party>> _living = [];
    private readonly HashSet<Party> _burnt = [];
    private readonly Dictionary<Party, int> _lives = [];
    private readonly Dictionary<(Party By, Party Sender), long> _latest = [];
    private readonly List<Finding> _findings = [];
    private TimeSpan _faultsEnded = TimeSpan.MinValue;
    private TimeSpan _end;
    private TimeSpan _restoredAt = TimeSpan.MinValue;
    private long _effects;

    private Checker(bool hasDiskWitness, TimeSpan? bound)
    {
        _hasDiskWitness = hasDiskWitness;
        _bound = bound;
    }

    /// <summary>Judges a run that has ended.</summary>
    /// <param name="history">All that was recorded.</param>
    /// <param name="bound">
    /// How long after its sending, and after the end of all faults, a message may take; then its sender must have been told, too. Null for a run that ends before that.
    /// </param>
    public static Verdict Judge(History history, TimeSpan? bound = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        var checker = new Checker(history.HasDiskWitness, bound);
        foreach (var one in history.ReadInOrder())
        {
            checker.Take(one);
        }

        return checker.Judge();
    }

    private void Take(HistoryEvent one)
    {
        _end = one.At;
        switch (one.Kind)
        {
            case HistoryEventKind.Started:
                Start(one.Party!.Value, receives: true);
                return;
            case HistoryEventKind.StartedSendOnly:
                Start(one.Party!.Value, receives: false);
                return;
            case HistoryEventKind.Burnt:
                _burnt.Add(one.Party!.Value);
                LivingOf(one.Party.Value.User).Remove(one.Party.Value);
                return;
            case HistoryEventKind.Restored:
                _restoredAt = one.At;
                return;
            case HistoryEventKind.FaultsEnded:
                _faultsEnded = one.At;
                return;
            default:
                TakeOfMessage(one, TrackOf(one.Message!));
                return;
        }
    }

    private void TakeOfMessage(HistoryEvent one, Track track)
    {
        switch (one.Kind)
        {
            case HistoryEventKind.Calling:
                track.IsCalled = true;
                track.CalledInLife = LifeOf(track.Message.Sender);
                break;
            case HistoryEventKind.Sent:
                track.IsCalled = true;
                track.CalledInLife = LifeOf(track.Message.Sender);
                track.SentAt = one.At;
                break;
            case HistoryEventKind.Told:
                Tell(one, track);
                break;
            case HistoryEventKind.CalledOff:
                track.IsCalledOff = true;
                if (track.HandledBy.Count > 0)
                {
                    Find(Breach.Lie, one, "was called off after it had arrived");
                }
                else if (track.Highest >= MessageState.Accepted)
                {
                    Find(Breach.Lie, one, $"was called off after it had been called {track.Highest}");
                }

                break;
            case HistoryEventKind.Excused:
                track.IsExcused = true;
                break;
            case HistoryEventKind.ExcusedAt:
                track.ExcusedAt.Add(one.Party!.Value);
                break;
            case HistoryEventKind.Kept:
                track.IsKept = true;
                break;
            case HistoryEventKind.Handled:
                Handle(one, track, isMarked: false);
                break;
            case HistoryEventKind.HandledMarked:
                Handle(one, track, isMarked: true);
                break;
            case HistoryEventKind.Waiting:
                track.IsWaiting = true;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(one), one.Kind, "This kind of event has no message.");
        }
    }

    private void Start(Party party, bool receives)
    {
        _lives[party] = _lives.GetValueOrDefault(party) + 1;
        var living = LivingOf(party.User);
        if (receives && !living.Contains(party))
        {
            living.Add(party);
        }
    }

    private void Tell(HistoryEvent one, Track track)
    {
        // What a sender was told before its process died it may be told again.
        var life = LifeOf(track.Message.Sender);
        if (one.State < track.Told && life == track.ToldInLife)
        {
            Find(Breach.Lie, one, $"was called {one.State} after it had been called {track.Told}");
        }

        if (one.State == MessageState.Delivered && track.HandledBy.Count == 0)
        {
            Find(Breach.Lie, one, "was called delivered before any device of its recipient had it");
        }

        if (_hasDiskWitness && one.State >= MessageState.Accepted && !track.IsKept)
        {
            Find(Breach.Lie, one, $"was called {one.State} and is not on the server's disk");
        }

        if (track.IsCalledOff)
        {
            Find(Breach.Lie, one, $"was called {one.State} after it had been called off");
        }

        track.Told = one.State;
        track.ToldInLife = life;
        track.Highest = one.State > track.Highest ? one.State : track.Highest;
        if (one.State >= MessageState.Accepted)
        {
            // Whoever is told so has been promised it, also when its process died before its call returned.
            track.SentAt ??= one.At;
            track.AcceptedAt ??= one.At;
        }
    }

    private void Handle(HistoryEvent one, Track track, bool isMarked)
    {
        var by = one.Party!.Value;
        _effects++;
        if (!track.IsCalled || by.User != track.Message.To)
        {
            Find(Breach.Lie, one, track.IsCalled ? $"was handed to {by}" : $"was handed to {by} and nobody had sent it");
        }

        if (track.IsCalledOff)
        {
            Find(Breach.Lie, one, $"was called off and handed to {by}");
        }

        if (track.HandledBy.Contains(by))
        {
            if (!isMarked)
            {
                Find(Breach.Doubled, one, $"had its effect on {by} once more");
            }

            return;
        }

        track.HandledBy.Add(by);
        track.FirstHandledAt ??= one.At;
        track.LastHandledAt = one.At;
        var line = (by, track.Message.Sender);
        var latest = _latest.GetValueOrDefault(line);
        if (track.Message.Ordinal < latest)
        {
            if (track.IsExcused || track.ExcusedAt.Contains(by))
            {
                // Cancelled after its transmission: what is still under way on an older connection may arrive, and late. Or from before the
                // device's beginning, which a server that has been restored twice no longer knows.
                return;
            }

            Find(Breach.Reordered, one, $"had its effect on {by} after #{latest}");
            return;
        }

        _latest[line] = track.Message.Ordinal;
    }

    private Verdict Judge()
    {
        foreach (var track in _tracks.Values)
        {
            if (track.SentAt is { } sentAt)
            {
                JudgeArrival(track, sentAt);
            }

            if (track.IsWaiting && !track.IsExcused)
            {
                Find(Breach.Stuck, track, "still waits at the end of the run");
            }
            else if (_bound is not null)
            {
                JudgeWord(track);
            }
        }

        var sent = _tracks.Values.LongCount(track => track.SentAt is not null);
        var delivered = _tracks.Values.LongCount(track => track.Highest == MessageState.Delivered);
        return new Verdict(_findings, sent, delivered, _effects);
    }

    private void JudgeArrival(Track track, TimeSpan sentAt)
    {
        var missingAt = LivingOf(track.Message.To).FindAll(party => !track.HandledBy.Contains(party) && !track.ExcusedAt.Contains(party));
        if (missingAt.Count > 0 && !MayBeMissing(track))
        {
            // What still waits is not lost, and is found to be stuck in any case.
            if (!track.IsWaiting)
            {
                Find(Breach.Lost, track, $"never reached {string.Join(", ", missingAt)}");
            }
        }
        else if (_bound is { } bound && track.HandledBy.Count > 0 && track.LastHandledAt > (sentAt > _faultsEnded ? sentAt : _faultsEnded) + bound)
        {
            Find(Breach.Stuck, track, FormattableString.Invariant($"arrived only {(track.LastHandledAt - sentAt).TotalSeconds:0.0} s after it was sent"));
        }
    }

    /// <summary>
    /// When all is over, whoever still lives knows it: its call has returned, and it was told that the message is delivered. In an earlier life the process may have died
    /// between hearing that and saying so.
    /// </summary>
    private void JudgeWord(Track track)
    {
        var sender = track.Message.Sender;
        if (track.IsExcused || track.IsCalledOff || _burnt.Contains(sender) || track.CalledInLife != LifeOf(sender))
        {
            return;
        }

        if (track.SentAt is null)
        {
            Find(Breach.Stuck, track, "was handed over, and the call has never returned");
        }
        else if (track.Highest < MessageState.Delivered && track.HandledBy.Count > 0)
        {
            Find(Breach.Stuck, track, $"has arrived, and its sender has heard no more than {track.Highest}");
        }
    }

    private bool MayBeMissing(Track track) =>
        track.IsExcused
        || track.IsCalledOff
        // A restore may take from a second device what the first has confirmed, for then the sender has let it go.
        || track.FirstHandledAt <= _restoredAt
        // What the backup lacks comes again from its sender, and from nobody else.
        || (track.AcceptedAt <= _restoredAt && _burnt.Contains(track.Message.Sender))
        // Until msg:A, the device that burns takes the message with it.
        || (_burnt.Contains(track.Message.Sender) && track.Highest < MessageState.Accepted);

    private void Find(Breach breach, HistoryEvent one, string what) => _findings.Add(new Finding(breach, one.At, one.Message!, what));

    private void Find(Breach breach, Track track, string what) => _findings.Add(new Finding(breach, _end, track.Message, what));

    /// <summary>How often a device was started.</summary>
    private int LifeOf(Party party) => _lives.GetValueOrDefault(party);

    private Track TrackOf(TrackedMessage message)
    {
        if (!_tracks.TryGetValue(message, out var track))
        {
            _tracks.Add(message, track = new Track(message));
        }

        return track;
    }

    private List<Party> LivingOf(UserId user)
    {
        if (!_living.TryGetValue(user, out var parties))
        {
            _living.Add(user, parties = []);
        }

        return parties;
    }

    /// <summary>What is known of one message so far.</summary>
    private sealed class Track(TrackedMessage message)
    {
        public TrackedMessage Message => message;

        public bool IsCalled { get; set; }

        /// <summary>In which life of its sender.</summary>
        public int CalledInLife { get; set; }

        public TimeSpan? SentAt { get; set; }

        public TimeSpan? AcceptedAt { get; set; }

        /// <summary>What the sender was told last.</summary>
        public MessageState Told { get; set; }

        /// <summary>In which of its lives: how often it had been started.</summary>
        public int ToldInLife { get; set; }

        /// <summary>The most that the sender was ever told.</summary>
        public MessageState Highest { get; set; }

        public bool IsCalledOff { get; set; }

        public bool IsExcused { get; set; }

        public List<Party> ExcusedAt { get; } = [];

        public bool IsKept { get; set; }

        public bool IsWaiting { get; set; }

        public List<Party> HandledBy { get; } = [];

        public TimeSpan? FirstHandledAt { get; set; }

        public TimeSpan LastHandledAt { get; set; }
    }
}
