namespace Hexagram.Protocol;

/// <summary>
/// One thing that travels between client and server. The six lines are <see cref="MessageRequest"/>,
/// <see cref="MessageAcknowledge"/>, <see cref="MessageNotify"/>, <see cref="AckRequest"/>, <see cref="AckAcknowledge"/>
/// and <see cref="AckNotify"/>; the others open, keep and end a connection. Immutable, and valid once constructed by a codec.
/// </summary>
public abstract record Packet;

// ---- opening: Hello → Welcome (PROTOCOL §4) --------------------------------------------------

/// <summary>The first packet of a client. <paramref name="Cursor"/> is a confirmation, as an ack:R is.</summary>
/// <param name="Token">What proves who the user is, such as a JSON Web Token. Empty: whom the connection has authenticated.</param>
/// <param name="Device">Which installation of the user this is.</param>
/// <param name="Connection">The device's number of this connection.</param>
/// <param name="Epoch">The history that the inbox's cursor belongs to; <see cref="Epoch.None"/> for a new inbox.</param>
/// <param name="Cursor">Everything up to here is committed at the client.</param>
/// <param name="Window">Entries that may be unconfirmed at a time; 0 means "I only send".</param>
/// <param name="WindowBytes">The same in bytes of bodies; at least one entry always fits.</param>
/// <param name="Start">Where a device that the server does not know begins.</param>
/// <param name="Software">Name and version of the client, for the server's log.</param>
public sealed record Hello(
    string Token,
    DeviceId Device,
    ConnectionNumber Connection,
    Epoch Epoch,
    Sequence Cursor,
    int Window,
    int WindowBytes,
    StreamStart Start,
    string Software) : Packet;

/// <summary>Where a new device's stream begins.</summary>
public enum StreamStart
{
    /// <summary>At the oldest retained entry.</summary>
    Oldest = 0,

    /// <summary>After the newest entry: history is skipped.</summary>
    Latest = 1,
}

/// <summary>The server's answer to Hello, always before the first msg:R is read.</summary>
/// <param name="User">Who the token says the client is.</param>
/// <param name="Epoch">The history that all sequences of this connection belong to.</param>
/// <param name="FirstAvailable">The oldest entry that can still be read; one after <paramref name="Last"/> when none can.</param>
/// <param name="Last">The newest entry at this moment.</param>
/// <param name="ResumeAfter">The first msg:N of this connection carries the number after this one.</param>
/// <param name="ServerTime">The server's clock; a client makes its ids on it.</param>
/// <param name="Limits">What the server allows this client.</param>
public sealed record Welcome(
    UserId User,
    Epoch Epoch,
    Sequence FirstAvailable,
    Sequence Last,
    Sequence ResumeAfter,
    DateTimeOffset ServerTime,
    SessionLimits Limits) : Packet;

/// <summary>What the server allows a session.</summary>
/// <param name="BodyBytesMax">The largest body of a msg:R, in bytes.</param>
/// <param name="RequestsInFlightMax">How many msg:R the server reads ahead of their answers.</param>
/// <param name="WindowMax">The largest window it grants, in entries.</param>
/// <param name="Horizon">How long a message id is remembered at the least.</param>
public sealed record SessionLimits(int BodyBytesMax, int RequestsInFlightMax, int WindowMax, TimeSpan Horizon);

// ---- the lower half: the message (PROTOCOL §5) -----------------------------------------------

/// <summary>Line 1, msg:R. The sender asks the server to take a message.</summary>
public sealed record MessageRequest(MessageId Id, UserId To, Body Body) : Packet;

/// <summary>Line 2, msg:A. The message is on the server's disk.</summary>
public sealed record MessageAcknowledge(MessageId Id, DateTimeOffset AcceptedAt) : Packet;

/// <summary>Line 3, msg:N. The server brings a message to one device, in sequence.</summary>
/// <param name="Sequence">Its number in the recipient's mailbox.</param>
/// <param name="Id">The sender's id for it; its time part is when the sender says it was written.</param>
/// <param name="From">The authenticated sender.</param>
/// <param name="AcceptedAt">When the server accepted it, by the server's clock.</param>
/// <param name="Body">The content.</param>
/// <param name="Redelivered">The server has notified it on this connection before.</param>
public sealed record MessageNotify(
    Sequence Sequence,
    MessageId Id,
    UserId From,
    DateTimeOffset AcceptedAt,
    Body Body,
    bool Redelivered) : Packet;

// ---- the upper half: its confirmation (PROTOCOL §7) ------------------------------------------

/// <summary>Line 4, ack:R. The recipient has committed everything up to here.</summary>
public sealed record AckRequest(Epoch Epoch, Sequence UpTo) : Packet;

/// <summary>Line 5, ack:A. The server has moved the device's cursor.</summary>
public sealed record AckAcknowledge(Epoch Epoch, Sequence UpTo) : Packet;

/// <summary>Line 6, ack:N. What became of messages that this user sent to <paramref name="By"/>.</summary>
public sealed record AckNotify(UserId By, IReadOnlyList<MessageId> Ids, MessageState State) : Packet;

/// <summary>Where a message stands. A state only rises; a weaker report that comes late changes nothing.</summary>
public enum MessageState
{
    /// <summary>In the sender's outbox, not accepted as far as is known. In an answer to a status request: not in the mailbox.</summary>
    Waiting = 0,

    /// <summary>msg:A: on the server's disk.</summary>
    Accepted = 1,

    /// <summary>The forged ack:N: on the server's disk, and no receiving session of the recipient was known at that moment.</summary>
    Stored = 2,

    /// <summary>ack:N: a device of the recipient has committed it.</summary>
    Delivered = 3,
}

// ---- beside the six (PROTOCOL §8, §9) --------------------------------------------------------

/// <summary>Where do these messages to <paramref name="To"/> stand?</summary>
public sealed record StatusRequest(UserId To, IReadOnlyList<MessageId> Ids) : Packet;

/// <summary>Where they stand, in the order asked.</summary>
public sealed record StatusAcknowledge(UserId To, IReadOnlyList<MessageStatus> Statuses) : Packet;

/// <summary>One line of a <see cref="StatusAcknowledge"/>.</summary>
/// <param name="Id">Which message.</param>
/// <param name="State">Where it stands; <see cref="MessageState.Waiting"/> when the mailbox does not hold it.</param>
/// <param name="Forgotten">The id is unknown and older than what the mailbox has forgotten: its outcome can no longer be told.</param>
public readonly record struct MessageStatus(MessageId Id, MessageState State, bool Forgotten = false);

/// <summary>Are you there?</summary>
public sealed record Ping : Packet
{
    /// <summary>There is nothing in it, so one is enough.</summary>
    public static readonly Ping Instance = new();
}

/// <summary>I am.</summary>
public sealed record Pong : Packet
{
    /// <summary>There is nothing in it, so one is enough.</summary>
    public static readonly Pong Instance = new();
}

/// <summary>An answer other than msg:A to one msg:R. The connection goes on.</summary>
/// <param name="Code">What is wrong; its range says what to do.</param>
/// <param name="Text">For people; nobody matches on it.</param>
/// <param name="Id">The msg:R that this answers.</param>
/// <param name="To">Its recipient.</param>
/// <param name="RetryAfter">For codes that mean retry: how long to wait at the least.</param>
public sealed record Error(ErrorCode Code, string Text, MessageId Id, UserId To, TimeSpan RetryAfter) : Packet;

/// <summary>The last packet of a connection, from either side.</summary>
/// <param name="Code">Why it ends; its range says what to do.</param>
/// <param name="Text">For people; nobody matches on it.</param>
/// <param name="RetryAfter">For codes that mean retry: how long to wait at the least.</param>
public sealed record Goodbye(ErrorCode Code, string Text, TimeSpan RetryAfter) : Packet;
