using System.Buffers.Binary;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Mailboxes;

/// <summary>
/// The highest message id that each of some senders has in a mailbox. Ids begin with the time they were made at, so that of a new message is nearly always higher: then
/// it stands nowhere, and the store need not be asked. A memory aid only: about what it does not know it says nothing. Not safe for use from several
/// threads at once.
/// </summary>
internal sealed class NewestIds
{
    /// <summary>Senders kept in mind; of more, those that wrote last.</summary>
    internal const int SendersMax = 4;

    private Known[] _senders = [];
    private int _next;

    /// <summary>Whether no message of <paramref name="sender"/> can have this id, or any higher one.</summary>
    internal bool IsBeyondAll(UserId sender, MessageId id)
    {
        var place = Find(sender);
        return place >= 0 && _senders[place].IsComplete && Number(id) > _senders[place].Highest;
    }

    /// <summary>
    /// A message of <paramref name="sender"/> was appended. Whoever writes once is not worth a look into the store; with the first message of a later
    /// batch <paramref name="highestStored"/> is asked for the highest id of the sender on disk, where everything before is by then.
    /// </summary>
    /// <param name="sender">Who has written.</param>
    /// <param name="id">The message.</param>
    /// <param name="batch">The batch that it goes with; a later one has a higher number.</param>
    /// <param name="isFirst">The mailbox has never held a message, so there is nothing to look for.</param>
    /// <param name="highestStored">Looks into the store; null when there is none.</param>
    internal void Appended(UserId sender, MessageId id, long batch, bool isFirst, Func<UserId, MessageId?> highestStored)
    {
        var place = Find(sender);
        if (place < 0)
        {
            Remember(new Known(sender, Number(id), batch, IsComplete: isFirst));
            return;
        }

        ref var known = ref _senders[place];
        var highest = UInt128.Max(known.Highest, Number(id));
        if (!known.IsComplete && batch > known.Since)
        {
            highest = highestStored(sender) is { } stored ? UInt128.Max(highest, Number(stored)) : highest;
            known = known with { IsComplete = true };
        }

        known = known with { Highest = highest };
    }

    private int Find(UserId sender)
    {
        for (var i = 0; i < _senders.Length; i++)
        {
            if (_senders[i].Sender == sender)
            {
                return i;
            }
        }

        return -1;
    }

    private void Remember(Known known)
    {
        if (_senders.Length < SendersMax)
        {
            _senders = [.. _senders, known];
            return;
        }

        _senders[_next] = known;
        _next = (_next + 1) % SendersMax;
    }

    private static UInt128 Number(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[MessageId.Bytes];
        id.WriteTo(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <param name="Sender">Who.</param>
    /// <param name="Highest">Of the ids seen here.</param>
    /// <param name="Since">The batch of the first of them.</param>
    /// <param name="IsComplete">It is the highest of all in the mailbox.</param>
    private readonly record struct Known(UserId Sender, UInt128 Highest, long Since, bool IsComplete);
}
