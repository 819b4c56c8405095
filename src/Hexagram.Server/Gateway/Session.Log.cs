using Hexagram.Protocol;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Gateway;

internal sealed partial class Session
{
    [LoggerMessage(1102, LogLevel.Debug, "The connection from {Peer} ({User}) is closed.")]
    private static partial void LogClosed(ILogger logger, string peer, UserId? user);

    [LoggerMessage(1103, LogLevel.Information, "The connection from {Peer} ({User}) ends with {Code}: {Text}")]
    private static partial void LogEnded(ILogger logger, string peer, string user, ErrorCode code, string text);

    [LoggerMessage(1104, LogLevel.Debug, "The client at {Peer} says Goodbye with {Code}.")]
    private static partial void LogLeft(ILogger logger, string peer, ErrorCode code);

    [LoggerMessage(1105, LogLevel.Error, "The session from {Peer} ends because the store is unavailable: {Fault}")]
    private static partial void LogStoreUnavailable(ILogger logger, string peer, string fault);

    [LoggerMessage(1106, LogLevel.Error, "The session from {Peer} ends because of a fault in the server; the client will connect again. Please report it.")]
    private static partial void LogFailed(ILogger logger, string peer, Exception fault);

    [LoggerMessage(1108, LogLevel.Warning, "The session from {Peer} ends because the cluster cannot be asked for its user's router: {Fault} The client will connect again.")]
    private static partial void LogRouterUnavailable(ILogger logger, string peer, string fault);

    [LoggerMessage(1107, LogLevel.Warning, "The authorizer failed; the sender is told to retry later.")]
    private static partial void LogAuthorizerFailed(ILogger logger, Exception fault);
}
