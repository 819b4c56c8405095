using Microsoft.Extensions.Logging;

namespace Hexagram.Storage.Postgres.Connections;

internal sealed partial class Availability
{
    [LoggerMessage(1501, LogLevel.Warning, "The database {Database} takes no writes: {Reason} It is asked again and again; until it does, clients are told to come back.")]
    private static partial void LogAway(ILogger logger, string database, string reason);

    [LoggerMessage(1502, LogLevel.Information, "The database {Database} takes writes again, after {Seconds:F1} s.")]
    private static partial void LogBack(ILogger logger, string database, double seconds);
}
