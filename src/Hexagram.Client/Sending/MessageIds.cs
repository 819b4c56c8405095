using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hexagram.Client.Connections;
using Hexagram.Protocol;

namespace Hexagram.Client.Sending;

/// <summary>
/// Makes message ids on the server's clock, each higher than the last while that does not go back (RFC 9562 §6.2, a counter after the time): a store
/// finds at once that such an id is new. Randomness is drawn for many at once: for one at a time, each message would cost a call into
/// the operating system. Used under the sender's lock.
/// </summary>
internal sealed class MessageIds(ServerClock clock)
{
    private readonly ulong[] _random = new ulong[64];
    private int _left;
    private long _milliseconds;
    private ulong _counter;

    internal MessageId New()
    {
        var now = clock.Now;
        _counter = now.ToUnixTimeMilliseconds() == _milliseconds ? _counter + 1 : 0;
        _milliseconds = now.ToUnixTimeMilliseconds();
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_random.AsSpan()));
            _left = _random.Length;
        }

        return MessageId.New(now, _counter, _random[--_left]);
    }
}
