using System.Collections.Concurrent;

namespace Hexagram.Server.Gateway;

/// <summary>The connections of this node, also those that have not said Hello. Thread-safe.</summary>
internal sealed class SessionRegistry
{
    private readonly ConcurrentDictionary<Session, bool> _sessions = new();
    private int _count;
    private volatile bool _draining;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The server is stopping: no session begins any more.</summary>
    public bool IsDraining => _draining;

    /// <summary>All of them at this moment.</summary>
    public IEnumerable<Session> Sessions => _sessions.Keys;

    /// <summary>Counts a connection in. It counts until <see cref="Remove"/>, and false says that it is one too many.</summary>
    public bool Add(Session session, int sessionsMax)
    {
        _sessions.TryAdd(session, true);
        return Interlocked.Increment(ref _count) <= sessionsMax;
    }

    public void Remove(Session session)
    {
        _sessions.TryRemove(session, out _);
        Interlocked.Decrement(ref _count);
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
