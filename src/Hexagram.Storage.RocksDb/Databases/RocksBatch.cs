namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>Changes that are written all or not at all. For one thread at a time.</summary>
internal sealed unsafe class RocksBatch : IDisposable
{
    private nint _handle = RocksNative.rocksdb_writebatch_create();

    /// <summary>How many changes it holds.</summary>
    internal int Count { get; private set; }

    internal nint Handle => _handle;

    internal void Clear()
    {
        RocksNative.rocksdb_writebatch_clear(_handle);
        Count = 0;
    }

    internal void Put(nint table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* keyPointer = key)
        fixed (byte* valuePointer = value)
        {
            RocksNative.rocksdb_writebatch_put_cf(_handle, table, keyPointer, (nuint)key.Length, valuePointer, (nuint)value.Length);
        }

        Count++;
    }

    internal void Delete(nint table, ReadOnlySpan<byte> key)
    {
        fixed (byte* keyPointer = key)
        {
            RocksNative.rocksdb_writebatch_delete_cf(_handle, table, keyPointer, (nuint)key.Length);
        }

        Count++;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _handle, 0) is var handle and not 0)
        {
            RocksNative.rocksdb_writebatch_destroy(handle);
        }
    }
}
