using Hexagram.Protocol;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>
/// What each user has under way: so many requests, and in their bodies so many bytes. What one user may ask for in memory is thus bounded before a body is
/// read. Thread-safe.
/// </summary>
internal sealed class UserRequests(int requestsMax, long bytesMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UserId, (int Requests, long Bytes)> _underWay = [];

    /// <summary>Counts a request in, if there is room for it.</summary>
    public bool TryEnter(UserId user)
    {
        lock (_gate)
        {
            var (requests, bytes) = _underWay.GetValueOrDefault(user);
            if (requests >= requestsMax)
            {
                return false;
            }

            _underWay[user] = (requests + 1, bytes);
            return true;
        }
    }

    /// <summary>Counts bytes in of a request that has entered, if there is room for them.</summary>
    public bool TryTake(UserId user, long more)
    {
        lock (_gate)
        {
            var (requests, bytes) = _underWay[user];
            if (bytes + more > bytesMax)
            {
                return false;
            }

            _underWay[user] = (requests, bytes + more);
            return true;
        }
    }

    /// <summary>A request is over, and with it the bytes that it had taken.</summary>
    public void Leave(UserId user, long taken)
    {
        lock (_gate)
        {
            var (requests, bytes) = _underWay[user];
            if (requests == 1)
            {
                _underWay.Remove(user);
            }
            else
            {
                _underWay[user] = (requests - 1, bytes - taken);
            }
        }
    }
}
