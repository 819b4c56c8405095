namespace Hexagram.Protocol;

/// <summary>
/// Everything that an <see cref="Error"/> or a <see cref="Goodbye"/> can say. The range tells what to do (PROTOCOL §10):
/// 1000–1999 retry later, 2000–2999 authenticate again, 3000–3999 give up. An unknown code is treated by its range.
/// </summary>
public enum ErrorCode
{
    /// <summary>Never sent.</summary>
    None = 0,

    // ---- 1000–1999: retry later -----------------------------------------------------------

    /// <summary>Goodbye: the server stops or restarts.</summary>
    Restarting = 1000,

    /// <summary>Goodbye: the store cannot be written; nothing that lacks its msg:A is accepted.</summary>
    StoreUnavailable = 1001,

    /// <summary>Goodbye: not a byte came for longer than the heartbeat allows.</summary>
    Idle = 1002,

    /// <summary>Goodbye: the client did not read what was sent to it.</summary>
    SlowReader = 1003,

    /// <summary>Goodbye: no Hello came in time.</summary>
    HelloTimeout = 1004,

    /// <summary>Goodbye: the server holds as many sessions as it may, of this user or in all.</summary>
    TooManySessions = 1005,

    /// <summary>Goodbye: what follows cannot be told on this connection; connect again and go on from the cursor.</summary>
    Resynchronize = 1006,

    /// <summary>Goodbye: whether the token is good cannot be found out at the moment.</summary>
    AuthenticatorUnavailable = 1007,

    /// <summary>Error: the recipient's mailbox holds as many unconfirmed entries as it may.</summary>
    MailboxFull = 1100,

    /// <summary>Error: the mailbox holds as many unconfirmed entries of this sender as it may.</summary>
    SenderQuota = 1101,

    /// <summary>Error: this sender has brought as many new mailboxes into being as it may for now.</summary>
    NewMailboxQuota = 1102,

    /// <summary>Error: the server keeps its last free disk space in reserve.</summary>
    DiskReserve = 1103,

    /// <summary>Error: who may write to whom cannot be found out at the moment.</summary>
    AuthorizerUnavailable = 1104,

    // ---- 2000–2999: authenticate again ----------------------------------------------------

    /// <summary>Goodbye: the token has expired; come back with a new one.</summary>
    Authenticate = 2000,

    /// <summary>Goodbye: the token is not valid here.</summary>
    TokenInvalid = 2001,

    // ---- 3000–3999: give up ---------------------------------------------------------------

    /// <summary>Goodbye: a packet broke the protocol.</summary>
    ProtocolViolation = 3000,

    /// <summary>Goodbye: a packet is longer than the limit.</summary>
    PacketTooLarge = 3001,

    /// <summary>Goodbye: a packet of a kind that this version does not know.</summary>
    PacketUnknown = 3002,

    /// <summary>Goodbye: a newer connection of the same device has taken over.</summary>
    Superseded = 3003,

    /// <summary>Goodbye: the client's cursor lies beyond the mailbox: the server's data is older than the client's.</summary>
    CursorAhead = 3004,

    /// <summary>Goodbye: the user has as many devices as it may.</summary>
    TooManyDevices = 3005,

    /// <summary>Error: the body is larger than the limit.</summary>
    BodyTooLarge = 3100,

    /// <summary>Error: the sender may not write to this recipient.</summary>
    Forbidden = 3101,

    /// <summary>Error: the id has been used for another body.</summary>
    Conflict = 3102,

    /// <summary>Error: the id is older than what the mailbox remembers: the outcome is unknown.</summary>
    Expired = 3103,

    /// <summary>Error: the id's time lies more than five minutes in the server's future.</summary>
    ClockSkew = 3104,
}

/// <summary>What the range of a code asks for.</summary>
public enum ErrorRemedy
{
    /// <summary>Wait and try the same again.</summary>
    RetryLater,

    /// <summary>Get a new token, then try again.</summary>
    Authenticate,

    /// <summary>Trying the same again cannot help.</summary>
    GiveUp,
}

/// <summary>Reads a code's range.</summary>
public static class ErrorCodeRange
{
    /// <summary>What to do about <paramref name="code"/>, known or not; a code outside every range means give up.</summary>
    public static ErrorRemedy Remedy(this ErrorCode code) => (int)code switch
    {
        >= 1000 and < 2000 => ErrorRemedy.RetryLater,
        >= 2000 and < 3000 => ErrorRemedy.Authenticate,
        _ => ErrorRemedy.GiveUp,
    };
}
