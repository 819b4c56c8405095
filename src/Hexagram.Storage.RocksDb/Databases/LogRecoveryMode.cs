namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>What RocksDB makes of a log that is not whole (<c>WALRecoveryMode</c>, the same numbers).</summary>
internal enum LogRecoveryMode
{
    /// <summary>Refuse to open.</summary>
    Strict = 1,

    /// <summary>Open with what can be read before the first damage.</summary>
    UpToDamage = 2,
}
