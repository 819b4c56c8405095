using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Upkeep;

internal sealed partial class Forgetting
{
    [LoggerMessage(1301, LogLevel.Debug, "Forgotten: {Entries} entries, {MessageIds} message ids.")]
    private static partial void LogForgotten(ILogger logger, long entries, long messageIds);

    [LoggerMessage(1302, LogLevel.Error, "The store could not be asked to forget.")]
    private static partial void LogNotForgotten(ILogger logger, Exception fault);
}
