using Npgsql;

namespace Hexagram.Storage.Postgres.Connections;

/// <summary>What a failure of the database means.</summary>
internal static class SqlFaults
{
    /// <summary>Nothing of the transaction was kept, and the same again is likely to succeed: it met another one.</summary>
    internal static bool IsCollision(Exception fault) => fault is PostgresException
    {
        SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.LockNotAvailable,
    };

    /// <summary>Nothing of the transaction was kept, and the disk has no room for more.</summary>
    internal static bool IsFullDisk(Exception fault) => fault is PostgresException { SqlState: PostgresErrorCodes.DiskFull };

    /// <summary>The connection went, not the question: another connection may have the answer.</summary>
    internal static bool IsLostConnection(Exception fault) => fault is NpgsqlException and (not PostgresException or PostgresException { IsTransient: true });
}
