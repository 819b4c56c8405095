using Microsoft.Extensions.Logging;

namespace Hexagram.Storage.Postgres;

public sealed partial class PostgresMailboxStore
{
    [LoggerMessage(1503, LogLevel.Warning, "The database {Database} does not wait for its disk ({Setting} is off): what is accepted is lost when its machine crashes.")]
    private static partial void LogUnsynced(ILogger logger, string database, string setting);
}
