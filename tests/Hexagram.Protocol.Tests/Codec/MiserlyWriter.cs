using System.Buffers;

namespace Hexagram.Protocol.Tests.Codec;

/// <summary>Never more memory at a time than was asked for, and one byte when nothing was.</summary>
internal sealed class MiserlyWriter : IBufferWriter<byte>
{
    private byte[] _lent = [];

    internal List<byte> Written { get; } = [];

    public void Advance(int count) => Written.AddRange(_lent[..count]);

    public Memory<byte> GetMemory(int sizeHint = 0) => _lent = new byte[Math.Max(1, sizeHint)];

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
