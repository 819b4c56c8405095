using RocksDbSharp;

namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>
/// A walk over one table as it stood when the walk began. Each step says whether it stands on a record; damage throws
/// instead of looking like the end. For one thread at a time.
/// </summary>
internal readonly struct Scan(Iterator iterator) : IDisposable
{
    /// <summary>The key here; valid until the next step.</summary>
    internal ReadOnlySpan<byte> Key => iterator.GetKeySpan();

    /// <summary>The value here; valid until the next step.</summary>
    internal ReadOnlySpan<byte> Value => iterator.GetValueSpan();

    /// <summary>Goes to the first key at or after <paramref name="key"/>.</summary>
    internal bool Seek(ReadOnlySpan<byte> key)
    {
        iterator.Seek(key);
        return Stands();
    }

    /// <summary>Goes to the last key at or before <paramref name="key"/>.</summary>
    internal bool SeekBack(ReadOnlySpan<byte> key)
    {
        iterator.SeekForPrev(key);
        return Stands();
    }

    /// <summary>Goes to the next key.</summary>
    internal bool Next()
    {
        iterator.Next();
        return Stands();
    }

    public void Dispose() => iterator.Dispose();

    private bool Stands()
    {
        if (iterator.Valid())
        {
            return true;
        }

        // An iterator that met a damaged block is "not valid" just like one at the end; only its error tells them apart.
        Native.Instance.rocksdb_iter_get_error(iterator.Handle);
        return false;
    }
}
