using System.Buffers;

namespace Hexagram.Server.Gateway.Output;

/// <summary>Bytes on their way out. Its memory is borrowed while there are any, so that a quiet session holds none. Not thread-safe.</summary>
internal sealed class OutgoingBuffer : IBufferWriter<byte>
{
    private const int BytesMin = 1_024;

    private byte[] _bytes = [];
    private int _written;

    public bool IsEmpty => _written == 0;

    public int Length => _written;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _written);

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_written);
    }

    /// <summary>Makes room for <paramref name="count"/> bytes at <paramref name="position"/>: for what can be written only when what follows it is known.</summary>
    /// <returns>All from there on.</returns>
    public Span<byte> Insert(int position, int count)
    {
        Reserve(count);
        _bytes.AsSpan(position, _written - position).CopyTo(_bytes.AsSpan(position + count));
        _written += count;
        return _bytes.AsSpan(position, _written - position);
    }

    /// <summary>Forgets what was written and gives the memory back.</summary>
    public void Clear()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        _written = 0;
    }

    private void Reserve(int sizeHint)
    {
        var needed = checked(_written + Math.Max(sizeHint, 1));
        if (needed <= _bytes.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(BytesMin, Math.Max(needed, _bytes.Length * 2)));
        _bytes.AsSpan(0, _written).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
