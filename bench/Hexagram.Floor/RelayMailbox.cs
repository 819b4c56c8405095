namespace Hexagram.Floor;

/// <summary>What is on its way to one user, in sequence; nothing waits for who is not there. Thread-safe.</summary>
/// <param name="user">The user's name, in UTF-8.</param>
internal sealed class RelayMailbox(byte[] user)
{
    private readonly Lock _gate = new();
    private readonly Queue<(RelayConnection Sender, UInt128 Id)> _underWay = new();
    private RelayConnection? _recipient;
    private ulong _last;
    private ulong _confirmed;

    /// <summary>The user's name, in UTF-8.</summary>
    public byte[] User => user;

    /// <summary>The user's device is here; what was on its way to an earlier connection is gone.</summary>
    /// <returns>The last sequence.</returns>
    public ulong Attach(RelayConnection recipient)
    {
        lock (_gate)
        {
            _recipient = recipient;
            _underWay.Clear();
            return _confirmed = _last;
        }
    }

    /// <summary>msg:R becomes msg:N.</summary>
    public void Pass(RelayConnection sender, ReadOnlySpan<byte> id, ReadOnlySpan<byte> content, ReadOnlySpan<byte> contentType, ulong acceptedAt, List<RelayConnection> touched)
    {
        lock (_gate)
        {
            if (_recipient is not null)
            {
                _underWay.Enqueue((sender, System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(id)));
                _recipient.Notify(++_last, id, sender.User, content, contentType, acceptedAt, touched);
            }
        }
    }

    /// <summary>ack:R becomes ack:N, one for each row of messages of the same sender.</summary>
    public void Confirm(ulong upTo, List<RelayConnection> touched)
    {
        Span<UInt128> ids = stackalloc UInt128[64];
        lock (_gate)
        {
            while (_confirmed < upTo && _underWay.TryDequeue(out var first))
            {
                _confirmed++;
                var count = 0;
                ids[count++] = first.Id;
                while (_confirmed < upTo && count < ids.Length && _underWay.TryPeek(out var next) && next.Sender == first.Sender)
                {
                    ids[count++] = _underWay.Dequeue().Id;
                    _confirmed++;
                }

                first.Sender.Confirm(user, ids[..count], touched);
            }
        }
    }
}
