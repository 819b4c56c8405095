using System.Runtime.InteropServices;

namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>RocksDB failed; the message is its own.</summary>
internal sealed class RocksException(string message) : Exception(message)
{
    /// <summary>What was read is not what had been written.</summary>
    internal bool IsCorruption => Message.StartsWith("Corruption", StringComparison.Ordinal);

    /// <summary>Throws when a call has left an error behind.</summary>
    internal static unsafe void ThrowIf(nint error)
    {
        if (error != 0)
        {
            var message = Marshal.PtrToStringUTF8(error) ?? "";
            RocksNative.rocksdb_free((void*)error);
            throw new RocksException(message.EndsWith('.') ? message : $"{message}.");
        }
    }
}
