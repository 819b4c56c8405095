namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>
/// A walk over one table as it stood when the walk began. Each step says whether it stands on a record; damage throws
/// instead of looking like the end. For one thread at a time.
/// </summary>
internal readonly unsafe struct Scan(nint iterator) : IDisposable
{
    /// <summary>The key here; valid until the next step.</summary>
    internal ReadOnlySpan<byte> Key
    {
        get
        {
            var key = RocksNative.rocksdb_iter_key(iterator, out var bytes);
            return new ReadOnlySpan<byte>(key, (int)bytes);
        }
    }

    /// <summary>The value here; valid until the next step.</summary>
    internal ReadOnlySpan<byte> Value
    {
        get
        {
            var value = RocksNative.rocksdb_iter_value(iterator, out var bytes);
            return new ReadOnlySpan<byte>(value, (int)bytes);
        }
    }

    /// <summary>Goes to the first key at or after <paramref name="key"/>.</summary>
    internal bool Seek(ReadOnlySpan<byte> key)
    {
        fixed (byte* pointer = key)
        {
            RocksNative.rocksdb_iter_seek(iterator, pointer, (nuint)key.Length);
        }

        return Stands();
    }

    /// <summary>Goes to the last key at or before <paramref name="key"/>.</summary>
    internal bool SeekBack(ReadOnlySpan<byte> key)
    {
        fixed (byte* pointer = key)
        {
            RocksNative.rocksdb_iter_seek_for_prev(iterator, pointer, (nuint)key.Length);
        }

        return Stands();
    }

    /// <summary>Goes to the next key.</summary>
    internal bool Next()
    {
        RocksNative.rocksdb_iter_next(iterator);
        return Stands();
    }

    public void Dispose() => RocksNative.rocksdb_iter_destroy(iterator);

    private bool Stands()
    {
        if (RocksNative.rocksdb_iter_valid(iterator) != 0)
        {
            return true;
        }

        // An iterator that met a damaged block is "not valid" just like one at the end; only its error tells them apart.
        nint error = 0;
        RocksNative.rocksdb_iter_get_error(iterator, ref error);
        RocksException.ThrowIf(error);
        return false;
    }
}
