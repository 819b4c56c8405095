using static Hexagram.Storage.RocksDb.Databases.RocksNative;

namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>
/// An open RocksDB with its tables. Reading is safe from any thread; whoever disposes it must know that nobody uses it any more.
/// </summary>
internal sealed unsafe class Database : IDisposable
{
    /// <summary>The tables' names on disk, by <see cref="Table"/>.</summary>
    private static readonly string[] TableNames = ["default", "mailboxes", "ids"];

    private readonly nint[] _tables;
    private readonly nint _readOptions = rocksdb_readoptions_create();
    private readonly nint _unsynced = rocksdb_writeoptions_create();
    private readonly nint _synced = rocksdb_writeoptions_create();
    private nint _handle;

    private Database(nint handle, nint[] tables)
    {
        (_handle, _tables) = (handle, tables);
        rocksdb_writeoptions_set_sync(_synced, 1);
    }

    /// <summary>How many changes RocksDB has ever taken in: what its log is measured by.</summary>
    internal ulong LatestSequenceNumber => rocksdb_get_latest_sequence_number(_handle);

    /// <summary>Opens the database in a folder, for reading and writing.</summary>
    /// <exception cref="RocksException">It cannot be opened.</exception>
    internal static Database Open(string path, RocksDbStoreOptions options, LogRecoveryMode recovery, bool create) =>
        Open(path, options, recovery, create, readOnly: false);

    /// <summary>Opens the database in a folder without changing anything there.</summary>
    /// <exception cref="RocksException">It cannot be opened.</exception>
    internal static Database OpenReadOnly(string path, RocksDbStoreOptions options, LogRecoveryMode recovery) =>
        Open(path, options, recovery, create: false, readOnly: true);

    /// <summary>A table's handle for <see cref="RocksBatch"/>.</summary>
    internal nint Handle(Table table) => _tables[(int)table];

    /// <summary>Reads a value into <paramref name="buffer"/>: its length, or -1 when there is none.</summary>
    /// <exception cref="InvalidDataException">The value is longer than the buffer.</exception>
    internal int Read(Table table, ReadOnlySpan<byte> key, Span<byte> buffer)
    {
        nint error = 0;
        fixed (byte* keyPointer = key)
        fixed (byte* bufferPointer = buffer)
        {
            var fits = rocksdb_get_into_buffer_cf(
                _handle, _readOptions, _tables[(int)table], keyPointer, (nuint)key.Length, bufferPointer, (nuint)buffer.Length, out var length, out var found, ref error);
            RocksException.ThrowIf(error);
            if (found == 0)
            {
                return -1;
            }

            return fits != 0
                ? (int)length
                : throw new InvalidDataException($"A record of {length} bytes stands where at most {buffer.Length} are expected.");
        }
    }

    /// <summary>Reads a value of any length; null when there is none.</summary>
    internal byte[]? Read(Table table, ReadOnlySpan<byte> key)
    {
        nint error = 0;
        fixed (byte* keyPointer = key)
        {
            var value = rocksdb_get_cf(_handle, _readOptions, _tables[(int)table], keyPointer, (nuint)key.Length, out var length, ref error);
            RocksException.ThrowIf(error);
            if (value is null)
            {
                return null;
            }

            var copy = new ReadOnlySpan<byte>(value, (int)length).ToArray();
            rocksdb_free(value);
            return copy;
        }
    }

    /// <summary>A walk over a table as it stands at this moment, whatever is written meanwhile.</summary>
    internal Scan Scan(Table table) => new(rocksdb_create_iterator_cf(_handle, _readOptions, _tables[(int)table]));

    /// <summary>Writes a batch, all or nothing; with <paramref name="sync"/>, it is on the disk before it can be read.</summary>
    internal void Write(RocksBatch batch, bool sync)
    {
        nint error = 0;
        rocksdb_write(_handle, sync ? _synced : _unsynced, batch.Handle, ref error);
        RocksException.ThrowIf(error);
    }

    /// <summary>Puts all that was written so far into sorted files, which are synced.</summary>
    internal void Flush()
    {
        nint error = 0;
        var options = rocksdb_flushoptions_create();
        rocksdb_flush_cfs(_handle, options, _tables, _tables.Length, ref error);
        rocksdb_flushoptions_destroy(options);
        RocksException.ThrowIf(error);
    }

    /// <summary>
    /// Makes a second database in a folder that does not exist, on the same disk: hard links to the sorted files, into which all that was written goes first.
    /// </summary>
    /// <remarks>While nothing is written, it holds exactly what this one holds.</remarks>
    internal void Checkpoint(string path)
    {
        const ulong AlwaysFlush = 0;
        nint error = 0;
        var checkpoint = rocksdb_checkpoint_object_create(_handle, ref error);
        RocksException.ThrowIf(error);
        rocksdb_checkpoint_create(checkpoint, path, AlwaysFlush, ref error);
        rocksdb_checkpoint_object_destroy(checkpoint);
        RocksException.ThrowIf(error);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _handle, 0) is var handle and not 0)
        {
            Array.ForEach(_tables, rocksdb_column_family_handle_destroy);
            rocksdb_close(handle);
            rocksdb_readoptions_destroy(_readOptions);
            rocksdb_writeoptions_destroy(_unsynced);
            rocksdb_writeoptions_destroy(_synced);
        }
    }

    private static Database Open(string path, RocksDbStoreOptions options, LogRecoveryMode recovery, bool create, bool readOnly)
    {
        var rocks = RocksOptions.Create(options, recovery, create, readOnly);
        var ids = RocksOptions.ForIds(rocks);
        try
        {
            nint error = 0;
            var tables = new nint[TableNames.Length];
            nint[] tableOptions = [rocks, rocks, ids];
            var handle = readOnly
                ? rocksdb_open_for_read_only_column_families(rocks, path, tables.Length, TableNames, tableOptions, tables, 0, ref error)
                : rocksdb_open_column_families(rocks, path, tables.Length, TableNames, tableOptions, tables, ref error);
            RocksException.ThrowIf(error);
            return new Database(handle, tables);
        }
        finally
        {
            rocksdb_options_destroy(ids);
            rocksdb_options_destroy(rocks);
        }
    }
}
