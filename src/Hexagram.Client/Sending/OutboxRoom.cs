namespace Hexagram.Client.Sending;

/// <summary>How full the outbox is. Used under the sender's lock.</summary>
internal sealed class OutboxRoom(OutboxLimits limits)
{
    private long _waitingBytes;
    private long _storedBytes;

    /// <summary>Messages that wait for the server or for their confirmation.</summary>
    internal int Waiting { get; private set; }

    /// <summary>Messages that the server has stored for recipients who are away.</summary>
    internal int Stored { get; private set; }

    /// <summary>What to say when there is no room for one more; null when there is.</summary>
    internal OutboxFullException? Lacks(int bytes)
    {
        if (Waiting >= limits.WaitingMax)
        {
            return Full(nameof(OutboxLimits.WaitingMax), $"{Waiting} messages wait for the server or for their confirmation");
        }

        if (Waiting > 0 && _waitingBytes + bytes > limits.WaitingBytesMax)
        {
            return Full(nameof(OutboxLimits.WaitingBytesMax), $"the messages that wait hold {_waitingBytes} bytes");
        }

        if (Stored >= limits.StoredMax)
        {
            return Full(nameof(OutboxLimits.StoredMax), $"{Stored} messages are stored for recipients who are away");
        }

        if (_storedBytes >= limits.StoredBytesMax)
        {
            return Full(nameof(OutboxLimits.StoredBytesMax), $"the messages stored for recipients who are away hold {_storedBytes} bytes");
        }

        return null;
    }

    /// <summary>A message is counted where its state says.</summary>
    internal void Add(SentMessage message, bool stored)
    {
        message.IsCountedAsStored = stored;
        if (stored)
        {
            Stored++;
            _storedBytes += message.BodyBytes;
        }
        else
        {
            Waiting++;
            _waitingBytes += message.BodyBytes;
        }
    }

    internal void Remove(SentMessage message)
    {
        if (message.IsCountedAsStored)
        {
            Stored--;
            _storedBytes -= message.BodyBytes;
        }
        else
        {
            Waiting--;
            _waitingBytes -= message.BodyBytes;
        }
    }

    private static OutboxFullException Full(string limit, string words) =>
        new(limit, $"The outbox is full: {words}. Await the Accepted or Delivered task of earlier messages, cancel some, or raise {nameof(OutboxLimits)}.{limit}.");
}
