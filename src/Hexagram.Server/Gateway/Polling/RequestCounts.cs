using Hexagram.Protocol;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>How many requests each user has under way: what one user may ask for in memory is bounded, before a body is read. Thread-safe.</summary>
internal sealed class RequestCounts(int perUserMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UserId, int> _counts = [];

    /// <summary>Users with requests under way.</summary>
    public int Users
    {
        get
        {
            lock (_gate)
            {
                return _counts.Count;
            }
        }
    }

    /// <summary>Counts a request in, if there is room for it.</summary>
    public bool TryEnter(UserId user)
    {
        lock (_gate)
        {
            var count = _counts.GetValueOrDefault(user);
            if (count >= perUserMax)
            {
                return false;
            }

            _counts[user] = count + 1;
            return true;
        }
    }

    /// <summary>It is over.</summary>
    public void Leave(UserId user)
    {
        lock (_gate)
        {
            if (--_counts[user] == 0)
            {
                _counts.Remove(user);
            }
        }
    }
}
