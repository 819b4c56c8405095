using System.Collections.Concurrent;
using Hexagram.Protocol;
using Hexagram.Server.Options;

namespace Hexagram.Server.Gateway;

/// <summary>The connections of this node, also those that have not said Hello. Thread-safe.</summary>
internal sealed class SessionRegistry
{
    private readonly Lock _gate = new();

    // Concurrent for those who read it; it changes, as all the rest, inside the lock.
    private readonly ConcurrentDictionary<Session, bool> _sessions = new();
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
        Session turnedAway;
        ErrorCode code;
        bool cutOff;
        lock (_gate)
        {
            _sessions.TryAdd(session, true);
            _count++;
            if (_count - _turnedAway > bounds.SessionsMax)
            {
                (turnedAway, code) = (session, ErrorCode.TooManySessions);
            }
            else
            {
                session.WithoutHello = _withoutHello.AddLast(session);
                if (_withoutHello.Count <= bounds.WithoutHelloMax)
                {
                    return;
                }

                (turnedAway, code) = (_withoutHello.First!.Value, ErrorCode.HelloTimeout);
            }

            // It no longer takes anybody's place. So many may be left to read their Goodbye; more are cut off, so that these are bounded too.
            Unlink(turnedAway);
            turnedAway.IsTurnedAway = true;
            cutOff = ++_turnedAway > bounds.WithoutHelloMax;
        }

        turnedAway.End(code);
        if (cutOff)
        {
            turnedAway.Abort();
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

    /// <summary>Nothing is left of it.</summary>
    public void Remove(Session session)
    {
        lock (_gate)
        {
            Unlink(session);
            _sessions.TryRemove(session, out _);
            _count--;
            _turnedAway -= session.IsTurnedAway ? 1 : 0;
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
    /// <summary>Sends a user's sessions away until they have authenticated anew; of all devices, or of one.</summary>
    /// <returns>How many have ended by this.</returns>
    public int SignOut(UserId user, DeviceId? device) => Sessions.Count(session => session.IsOf(user, device) && session.End(ErrorCode.Authenticate, "You have been signed out; sign in again."));

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
