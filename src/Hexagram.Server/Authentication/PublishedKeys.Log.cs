using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Authentication;

internal sealed partial class PublishedKeys
{
    [LoggerMessage(1401, LogLevel.Error, "The key set at {Address} cannot be had: {Reason}. Its tokens cannot be checked until it can; clients are told to come again later.")]
    private static partial void LogNoKeys(ILogger logger, Uri address, string reason);

    [LoggerMessage(1402, LogLevel.Warning, "The key set at {Address} cannot be had: {Reason}. The keys of last time are still used.")]
    private static partial void LogOldKeys(ILogger logger, Uri address, string reason);

    [LoggerMessage(1403, LogLevel.Information, "The key set at {Address} has {Count} keys that can be used.")]
    private static partial void LogKeys(ILogger logger, Uri address, int count);
}
