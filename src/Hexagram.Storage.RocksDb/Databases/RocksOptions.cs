using static Hexagram.Storage.RocksDb.Databases.RocksNative;

namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>How RocksDB is set up for mailboxes.</summary>
internal static class RocksOptions
{
    // Bits of bloom filter per key: about one needless read in a hundred.
    private const double FilterBitsPerKey = 10;

    private const int BlockBytes = 16 << 10;
    private const int OpenFilesMax = 1_000;

    // All files at once, from the beginning: a reader beside the writer keeps those that the writer removes meanwhile.
    private const int AllFiles = -1;

    // RocksDB's own diary beside the data: warnings only, three files of four mebibytes.
    private const int WarningsOnly = 2;
    private const int DiaryFiles = 3;
    private const int DiaryBytes = 4 << 20;

    private const int Lz4 = 4;
    private const int TwoLevelIndex = 2;

    // Of the write buffer, for a filter over the message ids in it.
    private const double BufferFilterPart = 0.05;

    /// <summary>Options for the database and its tables, to be destroyed once it is open.</summary>
    internal static nint Create(RocksDbStoreOptions options, LogRecoveryMode recovery, bool create, bool readOnly)
    {
        var rocks = rocksdb_options_create();
        var writeBufferBytes = (nuint)options.WriteBufferBytes;
        rocksdb_options_set_create_if_missing(rocks, create ? (byte)1 : (byte)0);
        rocksdb_options_set_create_missing_column_families(rocks, create ? (byte)1 : (byte)0);
        rocksdb_options_set_paranoid_checks(rocks, 1);
        rocksdb_options_set_wal_recovery_mode(rocks, (int)recovery);

        // fdatasync: the log's length is part of what it makes durable, its time of change need not be.
        rocksdb_options_set_use_fsync(rocks, 0);
        rocksdb_options_set_db_write_buffer_size(rocks, writeBufferBytes);
        rocksdb_options_set_write_buffer_size(rocks, writeBufferBytes / 2);

        // How much log there is to replay at the next start.
        rocksdb_options_set_max_total_wal_size(rocks, writeBufferBytes * 2);
        rocksdb_options_set_max_open_files(rocks, readOnly ? AllFiles : OpenFilesMax);

        // There is one writer, so the cleverness for many only costs.
        rocksdb_options_set_allow_concurrent_memtable_write(rocks, 0);
        rocksdb_options_set_enable_write_thread_adaptive_yield(rocks, 0);
        rocksdb_options_set_info_log_level(rocks, WarningsOnly);
        rocksdb_options_set_keep_log_file_num(rocks, DiaryFiles);
        rocksdb_options_set_max_log_file_size(rocks, DiaryBytes);
        rocksdb_options_set_stats_dump_period_sec(rocks, 0);
        rocksdb_options_set_compression(rocks, Lz4);
        rocksdb_options_set_level_compaction_dynamic_level_bytes(rocks, 1);
        SetTables(rocks, (nuint)options.BlockCacheBytes);
        return rocks;
    }

    /// <summary>
    /// A copy of <paramref name="rocks"/> for <see cref="Table.Ids"/>. A new message asks for an id that is not there: a filter answers that without a walk
    /// through the write buffer.
    /// </summary>
    internal static nint ForIds(nint rocks)
    {
        var ids = rocksdb_options_create_copy(rocks);
        rocksdb_options_set_memtable_prefix_bloom_size_ratio(ids, BufferFilterPart);
        rocksdb_options_set_memtable_whole_key_filtering(ids, 1);
        return ids;
    }

    private static void SetTables(nint rocks, nuint blockCacheBytes)
    {
        var tables = rocksdb_block_based_options_create();
        var cache = rocksdb_cache_create_lru(blockCacheBytes);
        rocksdb_block_based_options_set_block_cache(tables, cache);
        rocksdb_block_based_options_set_block_size(tables, BlockBytes);

        // Asking for an id that is not there, which is every new message, must not read the disk. The policy now belongs to the options.
        rocksdb_block_based_options_set_filter_policy(tables, rocksdb_filterpolicy_create_bloom_full(FilterBitsPerKey));
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(tables, 1);
        rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(tables, 1);

        // In parts of some kilobytes. The one filter of a large file has megabytes: more than a shard of the cache holds, so that it would be read anew for
        // every question.
        rocksdb_block_based_options_set_index_type(tables, TwoLevelIndex);
        rocksdb_block_based_options_set_partition_filters(tables, 1);
        rocksdb_block_based_options_set_pin_top_level_index_and_filter(tables, 1);
        rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(tables, 1);
        rocksdb_options_set_block_based_table_factory(rocks, tables);

        // RocksDB counts references to the cache; these were only ours.
        rocksdb_cache_destroy(cache);
        rocksdb_block_based_options_destroy(tables);
    }
}
