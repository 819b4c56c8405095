using Microsoft.Extensions.Logging;

namespace Hexagram.Cli.Serving.Control;

internal static partial class ControlSocketLog
{
    [LoggerMessage(6000, LogLevel.Warning, "There is no control socket at {Path}: {Reason} The server runs without; a backup needs it stopped, or its data folder elsewhere.")]
    public static partial void ControlUnavailable(this ILogger logger, string path, string reason);

    [LoggerMessage(6001, LogLevel.Information, "The store was copied for a backup, up to its record {Record}.")]
    public static partial void CheckpointMade(this ILogger logger, ulong record);

    [LoggerMessage(6002, LogLevel.Warning, "A request at the control socket was not answered: {Reason}")]
    public static partial void ControlRequestFailed(this ILogger logger, string reason);
}
