using Hexagram.Protocol;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client;

/// <summary>Everything that the client logs. The ids are stable; bodies and tokens are not among the words.</summary>
internal static partial class HexagramClientLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected as {User}; history {Epoch}, newest message {Last}")]
    internal static partial void Connected(this ILogger logger, UserId user, Epoch epoch, Sequence last);

    [LoggerMessage(2, LogLevel.Information, "The connection has ended ({Code}): {Reason}")]
    internal static partial void ConnectionEnded(this ILogger logger, ErrorCode code, string reason);

    [LoggerMessage(3, LogLevel.Warning, "The handler failed for message {Id} from {From} on attempt {Attempt}; the next is in {Wait}")]
    internal static partial void HandlerFailed(this ILogger logger, MessageId id, UserId from, int attempt, TimeSpan wait, Exception cause);

    [LoggerMessage(4, LogLevel.Warning, "Message {Id} from {From} was set aside: {Reason}")]
    internal static partial void SetAside(this ILogger logger, MessageId id, UserId from, string reason);

    [LoggerMessage(5, LogLevel.Warning, "Messages {First} to {Last} will never come: the server had forgotten them")]
    internal static partial void MessagesMissing(this ILogger logger, Sequence first, Sequence last);

    [LoggerMessage(6, LogLevel.Warning, "The server has another history, {Epoch}; going on from {Cursor}")]
    internal static partial void HistoryAdopted(this ILogger logger, Epoch epoch, Sequence cursor);

    [LoggerMessage(7, LogLevel.Error, "The client's store cannot be written; trying again")]
    internal static partial void StoreFailed(this ILogger logger, Exception cause);

    [LoggerMessage(8, LogLevel.Error, "An event handler of the application failed")]
    internal static partial void EventHandlerFailed(this ILogger logger, Exception cause);

    [LoggerMessage(9, LogLevel.Warning, "Message {Id} to {To} was refused ({Code}): {Text}")]
    internal static partial void Refused(this ILogger logger, MessageId id, UserId to, ErrorCode code, string text);

    [LoggerMessage(10, LogLevel.Warning, "The handler failed for message {Id} from {From} after it had committed the transaction itself; the message counts as handled")]
    internal static partial void HandlerFailedAfterCommit(this ILogger logger, MessageId id, UserId from, Exception cause);

    [LoggerMessage(11, LogLevel.Error, "The client has stopped and does not connect again by itself ({Cause}): {Reason}")]
    internal static partial void Stopped(this ILogger logger, StopCause cause, string reason);
}
