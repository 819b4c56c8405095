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
    private readonly LinkedList<INewcomer> _withoutHello = new();
    private int _count;
    private int _turnedAway;
    private volatile bool _draining;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many have not said anything yet that would tell who they are.</summary>
    public int Newcomers
    {
        get
        {
            lock (_gate)
            {
                return _withoutHello.Count;
            }
        }
    }

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
        INewcomer? oldest;
        var cutOff = false;
        lock (_gate)
        {
            _sessions.TryAdd(session, true);
            _count++;
            if (_count - _turnedAway > bounds.SessionsMax)
            {
                oldest = session;
                cutOff = IsCutOff(session, bounds);
            }
            else
            {
                oldest = MakeRoom(session, bounds, ref cutOff);
            }
        }

        TurnAway(oldest, oldest == session ? ErrorCode.TooManySessions : ErrorCode.HelloTimeout, cutOff);
    }

    /// <summary>Counts in a connection that has not come as far as a session, until <see cref="Leave"/>. One too many makes the oldest go.</summary>
    public void Arrive(Arrival arrival, SessionBounds bounds)
    {
        INewcomer? oldest;
        var cutOff = false;
        lock (_gate)
        {
            oldest = MakeRoom(arrival, bounds, ref cutOff);
        }

        TurnAway(oldest, ErrorCode.HelloTimeout, cutOff);
    }

    /// <summary>It has come as far as a session or a request, or has gone. Harmless when it has left before.</summary>
    public void Leave(Arrival arrival)
    {
        lock (_gate)
        {
            Unlink(arrival);
        }
    }

    /// <summary>Turns away those that came before <paramref name="moment"/> and have not come as far as a session or a request; sessions see to their own time.</summary>
    public void TurnAwayArrivedBefore(long moment)
    {
        List<Arrival> late;
        lock (_gate)
        {
            late = [.. _withoutHello.OfType<Arrival>().TakeWhile(arrival => arrival.CameAt <= moment)];
            late.ForEach(Unlink);
        }

        late.ForEach(arrival => arrival.TurnAway());
    }

    /// <summary>It has said Hello.</summary>
    public void HelloCame(Session session)
    {
        lock (_gate)
        {
            Unlink(session);
        }
    }

    /// <summary>Sends a user's sessions away until they have authenticated anew; of all devices, or of one.</summary>
    /// <returns>How many have ended by this.</returns>
    public int SignOut(UserId user, DeviceId? device) => Sessions.Count(session => session.IsOf(user, device) && session.End(ErrorCode.Authenticate, "You have been signed out; sign in again."));

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

    /// <summary>Gives a newcomer its place. Who has to go for it is returned; null when there was room.</summary>
    private INewcomer? MakeRoom(INewcomer newcomer, SessionBounds bounds, ref bool cutOff)
    {
        newcomer.Place = _withoutHello.AddLast(newcomer);
        if (_withoutHello.Count <= bounds.WithoutHelloMax)
        {
            return null;
        }

        var oldest = _withoutHello.First!.Value;
        cutOff = oldest is Session session && IsCutOff(session, bounds);
        Unlink(oldest);
        return oldest;
    }

    /// <summary>A session that is turned away no longer takes anybody's place. So many may be left to read their Goodbye; more are cut off, so that these are bounded too.</summary>
    private bool IsCutOff(Session session, SessionBounds bounds)
    {
        session.IsTurnedAway = true;
        return ++_turnedAway > bounds.WithoutHelloMax;
    }

    private static void TurnAway(INewcomer? newcomer, ErrorCode code, bool cutOff)
    {
        if (newcomer is Arrival arrival)
        {
            arrival.TurnAway();
        }
        else if (newcomer is Session session)
        {
            session.End(code);
            if (cutOff)
            {
                session.Abort();
            }
        }
    }

    private void Unlink(INewcomer newcomer)
    {
        if (newcomer.Place is { } place)
        {
            _withoutHello.Remove(place);
            newcomer.Place = null;
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
