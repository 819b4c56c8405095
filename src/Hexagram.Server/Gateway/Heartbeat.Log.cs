using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Gateway;

internal sealed partial class Heartbeat
{
    [LoggerMessage(1110, LogLevel.Error, "The positions of the live sessions could not be compared with the store.")]
    private static partial void LogNotCompared(ILogger logger, Exception fault);
}
