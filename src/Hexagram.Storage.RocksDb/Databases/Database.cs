using RocksDbSharp;

namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>
/// An open RocksDB with its tables. Reading is safe from any thread; whoever disposes it must know that nobody reads any more.
/// </summary>
internal sealed class Database : IDisposable
{
    /// <summary>The tables' names on disk, by <see cref="Table"/>.</summary>
    internal static readonly string[] TableNames = ["default", "mailboxes", "ids"];

    private readonly RocksDbSharp.RocksDb _rocks;
    private readonly ColumnFamilyHandle[] _tables;
    private readonly ReadOptions _readOptions = new();

    internal Database(RocksDbSharp.RocksDb rocks)
    {
        _rocks = rocks;
        _tables = [.. TableNames.Select(rocks.GetColumnFamily)];
    }

    /// <summary>How many records RocksDB has ever taken in: what its log is measured by.</summary>
    internal ulong LatestSequenceNumber => _rocks.GetLatestSequenceNumber();

    internal ColumnFamilyHandle Handle(Table table) => _tables[(int)table];

    /// <summary>Reads a value into <paramref name="buffer"/>: its length, or -1 when there is none.</summary>
    /// <exception cref="InvalidDataException">The value is longer than the buffer.</exception>
    internal unsafe int Read(Table table, ReadOnlySpan<byte> key, Span<byte> buffer)
    {
        fixed (byte* keyPointer = key)
        fixed (byte* bufferPointer = buffer)
        {
            var fits = Native.Instance.rocksdb_get_into_buffer_cf(
                _rocks.Handle,
                _readOptions.Handle,
                _tables[(int)table].Handle,
                keyPointer,
                (nuint)key.Length,
                (nint)bufferPointer,
                (nuint)buffer.Length,
                out var length,
                out var found);
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
    internal byte[]? Read(Table table, ReadOnlySpan<byte> key) => _rocks.Get(key, _tables[(int)table], _readOptions);

    /// <summary>A walk over a table as it stands at this moment, whatever is written meanwhile.</summary>
    internal Scan Scan(Table table) => new(_rocks.NewIterator(_tables[(int)table], _readOptions));

    internal void Write(WriteBatch batch, WriteOptions options) => _rocks.Write(batch, options);

    public void Dispose() => _rocks.Dispose();
}
