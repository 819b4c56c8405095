using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hexagram.Client.Connections;
using Hexagram.Protocol;

namespace Hexagram.Client.Sending;

/// <summary>
/// Makes message ids on the server's clock. Randomness is drawn for many at once: for one at a time, each message would cost a call into
/// the operating system. Used under the sender's lock.
/// </summary>
internal sealed class MessageIds(ServerClock clock)
{
    private readonly ulong[] _random = new ulong[64];
    private int _left;

    internal MessageId New()
    {
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_random.AsSpan()));
            _left = _random.Length;
        }

        return MessageId.New(clock.Now, _random[--_left], _random[--_left]);
    }
}
