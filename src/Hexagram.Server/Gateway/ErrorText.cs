using Hexagram.Protocol;

namespace Hexagram.Server.Gateway;

/// <summary>The words that go with a code, for people: what happened, and what to do (PROTOCOL §10).</summary>
internal static class ErrorText
{
    public static string For(ErrorCode code) => code switch
    {
        ErrorCode.Restarting => "The server ends, or restarts.",
        ErrorCode.StoreUnavailable => "The server cannot write to its store; connect again and resend.",
        ErrorCode.Idle => "Not a byte came for longer than the heartbeat allows.",
        ErrorCode.SlowReader => "What was sent here was not read.",
        ErrorCode.HelloTimeout => "No Hello came in time.",
        ErrorCode.TooManySessions => "The server holds as many sessions as it may.",
        ErrorCode.Resynchronize => "What follows cannot be told on this connection; connect again.",
        ErrorCode.AuthenticatorUnavailable => "Whether the token is good cannot be found out now; connect again later.",
        ErrorCode.MailboxFull => "The mailbox is full.",
        ErrorCode.SenderQuota => "The mailbox holds as many unconfirmed messages of yours as it may.",
        ErrorCode.NewMailboxQuota => "You have written to as many new users as you may for now.",
        ErrorCode.DiskReserve => "The server is short of disk space.",
        ErrorCode.AuthorizerUnavailable => "Whether you may write to this user cannot be found out now.",
        ErrorCode.Authenticate => "The token has expired; come back with a new one.",
        ErrorCode.TokenInvalid => "The token is not valid here.",
        ErrorCode.Superseded => "A newer connection of this device has taken over.",
        ErrorCode.CursorAhead => "The cursor lies beyond the mailbox: the server's data is older than the client's.",
        ErrorCode.TooManyDevices => "The user has as many devices as it may.",
        ErrorCode.BodyTooLarge => "The body is larger than the limit.",
        ErrorCode.Forbidden => "You may not write to this user.",
        ErrorCode.Conflict => "The id has been used for another body.",
        ErrorCode.Expired => "The id is older than what the mailbox remembers; the outcome is unknown.",
        ErrorCode.ClockSkew => "The id's time lies in the server's future.",
        _ => code.ToString(),
    };
}
