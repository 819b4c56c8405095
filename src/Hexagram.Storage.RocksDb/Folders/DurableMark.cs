using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Hexagram.Storage.RocksDb.Folders;

/// <summary>
/// How far the log had been synced, kept outside of the log: so that the next start can tell a torn end, which nobody was ever told
/// about, from damage to what had been promised. It is moved after each sync and not synced itself: after a kill it is exact, after
/// a power loss it may lie some seconds back, and it never lies ahead. Only the first move of a process is synced: without any mark a
/// torn end could not be told from damage.
/// </summary>
/// <remarks>The file: <c>sequence(8) ~sequence(8)</c>, big-endian. Moved by the commit thread alone.</remarks>
internal sealed class DurableMark : IDisposable
{
    internal const int Bytes = 16;

    /// <summary>The file's name in the store's folder.</summary>
    internal const string FileName = "DURABLE";

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = new byte[Bytes];

    internal DurableMark(string path)
    {
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        Value = RandomAccess.Read(_file, _buffer, 0) == Bytes ? Decode(_buffer) : null;
    }

    /// <summary>The mark, or null when there is none that can be read.</summary>
    internal ulong? Value { get; private set; }

    /// <summary>The mark that even a power loss leaves at least, or null while this process has synced none.</summary>
    internal ulong? Durable { get; private set; }

    /// <summary>Moves the mark.</summary>
    internal void Advance(ulong sequence)
    {
        Encode(_buffer, sequence);
        RandomAccess.Write(_file, _buffer, 0);
        Value = sequence;
        if (Durable is null)
        {
            Flush();
        }
    }

    /// <summary>Makes the mark itself durable: at the start and at a stop, when time matters less than being exact.</summary>
    internal void Flush()
    {
        RandomAccess.FlushToDisk(_file);
        Durable = Value;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The mark in a store's folder, which another process may be moving; null when there is none that can be read.</summary>
    internal static ulong? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[Bytes];
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return RandomAccess.Read(file, bytes, 0) == Bytes ? Decode(bytes) : null;
    }

    /// <summary>Writes the mark of a store that nobody has open. Durable when it returns, but for the file's name.</summary>
    internal static void Write(string folder, ulong sequence)
    {
        using var mark = new DurableMark(Path.Combine(folder, FileName));
        mark.Advance(sequence);
    }

    internal static void Encode(Span<byte> destination, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, sequence);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], ~sequence);
    }

    internal static ulong? Decode(ReadOnlySpan<byte> bytes)
    {
        var sequence = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) == ~sequence ? sequence : null;
    }
}
