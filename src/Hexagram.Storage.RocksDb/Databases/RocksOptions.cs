using RocksDbSharp;

namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>How RocksDB is set up for mailboxes.</summary>
internal static class RocksOptions
{
    // Bits of bloom filter per key: about one needless read in a hundred.
    private const int FilterBitsPerKey = 10;

    /// <summary>Options for the database as a whole. <paramref name="recovery"/> is judged by <see cref="Folders.LogRecovery"/>.</summary>
    internal static DbOptions ForDatabase(RocksDbStoreOptions options, bool create, Recovery recovery)
    {
        var rocks = new DbOptions()
            .SetCreateIfMissing(create)
            .SetCreateMissingColumnFamilies(create)
            .SetErrorIfExists(create)
            .SetParanoidChecks(true)
            .SetWalRecoveryMode(recovery)
            // fdatasync: the log's length is part of what it makes durable, its time of change need not be.
            .SetUseFsync(0)
            .SetDbWriteBufferSize((ulong)options.WriteBufferBytes)
            // How much log there is to replay at the next start.
            .SetMaxTotalWalSize((ulong)options.WriteBufferBytes * 2)
            .SetMaxOpenFiles(1_000)
            // There is one writer, so the cleverness for many only costs.
            .SetAllowConcurrentMemtableWrite(false)
            .SetEnableWriteThreadAdaptiveYield(false)
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetKeepLogFileNum(3)
            .SetMaxLogFileSize(4 << 20)
            .SetStatsDumpPeriodSec(0);
        return rocks;
    }

    /// <summary>The tables with their options; they share one block cache.</summary>
    internal static ColumnFamilies ForTables(RocksDbStoreOptions options)
    {
        var cache = Cache.CreateLru((ulong)options.BlockCacheBytes);
        var tables = new ColumnFamilies(Table(options, cache));
        foreach (var name in Database.TableNames.Skip(1))
        {
            tables.Add(name, Table(options, cache));
        }

        return tables;
    }

    private static ColumnFamilyOptions Table(RocksDbStoreOptions options, Cache cache) =>
        new ColumnFamilyOptions()
            .SetWriteBufferSize((ulong)options.WriteBufferBytes / 2)
            .SetCompression(Compression.Lz4)
            .SetLevelCompactionDynamicLevelBytes(true)
            .SetBlockBasedTableFactory(new BlockBasedTableOptions()
                .SetBlockCache(cache)
                .SetBlockSize(16 << 10)
                // Asking for an id that is not there, which is every new message, must not read the disk.
                .SetFilterPolicy(BloomFilterPolicy.Create(FilterBitsPerKey, false))
                .SetCacheIndexAndFilterBlocks(true)
                .SetPinL0FilterAndIndexBlocksInCache(true));
}
