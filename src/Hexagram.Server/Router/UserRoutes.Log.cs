using Hexagram.Protocol;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Router;

internal sealed partial class UserRoutes
{
    [LoggerMessage(1201, LogLevel.Warning, "Hints for {User} were lost on their way to the router; the next heartbeat makes them good.")]
    private static partial void LogHintsLost(ILogger logger, UserId user, Exception fault);

    [LoggerMessage(1202, LogLevel.Debug, "A call to the router was lost; the next heartbeat makes it good.")]
    private static partial void LogCallLost(ILogger logger, Exception fault);
}
