using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Authentication;

internal sealed partial class HttpUser
{
    [LoggerMessage(1410, LogLevel.Warning, "An authenticated request has no claim that can be a user's id, so it counts as nobody's. Set Access.UserClaim, or tell with IdentifyUsers who it is.")]
    private static partial void LogNoUser(ILogger logger);
}
