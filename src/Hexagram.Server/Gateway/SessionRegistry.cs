using System.Collections.Concurrent;
using Hexagram.Protocol;
using Hexagram.Server.Options;

namespace Hexagram.Server.Gateway;

/// <summary>The connections of this node, also those that have not said Hello. Thread-safe.</summary>
internal sealed class SessionRegistry
{
    private readonly ConcurrentDictionary<Session, bool> _sessions = new();
    private readonly Lock _gate = new();
    private readonly LinkedList<Session> _withoutHello = new();
    private int _count;
    private int _turnedAway;
    private volatile bool _draining;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The server is stopping: no session begins any more.</summary>
    public bool IsDraining => _draining;

    /// <summary>All of them at this moment.</summary>
    public IEnumerable<Session> Sessions => _sessions.Keys;

    /// <summary>
    /// Counts a connection in. It counts until <see cref="Remove"/>; one too many is turned away, be it this one, or the one that has gone without
    /// saying Hello for the longest.
    /// </summary>
    public void Add(Session session, SessionBounds bounds)
    {
        _sessions.TryAdd(session, true);
        Interlocked.Increment(ref _count);
        Session? oldest = null;
        bool oneTooMany;
        lock (_gate)
        {
            oneTooMany = Count - _turnedAway > bounds.SessionsMax;
            if (!oneTooMany)
            {
                session.WithoutHello = _withoutHello.AddLast(session);
                oldest = _withoutHello.Count > bounds.WithoutHelloMax ? _withoutHello.First!.Value : null;
            }
        }

        if (oneTooMany)
        {
            TurnAway(session, ErrorCode.TooManySessions, bounds);
        }
        else if (oldest is not null)
        {
            TurnAway(oldest, ErrorCode.HelloTimeout, bounds);
        }
    }

    /// <summary>It has said Hello.</summary>
    public void HelloCame(Session session)
    {
        lock (_gate)
        {
            Unlink(session);
        }
    }

    public void Remove(Session session)
    {
        lock (_gate)
        {
            Unlink(session);
            _turnedAway -= session.IsTurnedAway ? 1 : 0;
        }

        _sessions.TryRemove(session, out _);
        Interlocked.Decrement(ref _count);
    }

    /// <summary>It no longer takes anybody's place. So many may be left to read their Goodbye; more are cut off, so that these are bounded too.</summary>
    private void TurnAway(Session session, ErrorCode code, SessionBounds bounds)
    {
        bool cutOff;
        lock (_gate)
        {
            if (session.IsTurnedAway || !_sessions.ContainsKey(session))
            {
                return;
            }

            Unlink(session);
            session.IsTurnedAway = true;
            cutOff = ++_turnedAway > bounds.WithoutHelloMax;
        }

        session.End(code);
        if (cutOff)
        {
            session.Abort();
        }
    }

    private void Unlink(Session session)
    {
        if (session.WithoutHello is { } place)
        {
            _withoutHello.Remove(place);
            session.WithoutHello = null;
        }
    }

    /// <summary>
    /// Tells every session that the server stops: each finishes what is under way, says Goodbye and ends. Those that have not ended after
    /// <paramref name="limit"/> are cut off.
    /// </summary>
    public async Task DrainAsync(TimeSpan limit, TimeProvider time)
    {
        _draining = true;
        var sessions = Sessions.ToList();
        foreach (var session in sessions)
        {
            session.Drain();
        }

        try
        {
            await Task.WhenAll(sessions.Select(session => session.Ended)).WaitAsync(limit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (var session in Sessions)
            {
                session.Abort();
            }
        }
    }
}
