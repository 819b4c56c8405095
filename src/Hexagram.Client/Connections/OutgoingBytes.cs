using System.Buffers;

namespace Hexagram.Client.Connections;

/// <summary>Bytes that wait to be sent. Not thread-safe.</summary>
internal sealed class OutgoingBytes
{
    /// <summary>A buffer that a large body has made larger than this is not kept.</summary>
    private const int KeptMax = 512 << 10;

    /// <summary>Where packets are written.</summary>
    internal ArrayBufferWriter<byte> Buffer { get; private set; } = new();

    /// <summary>All of it was sent.</summary>
    internal void Clear()
    {
        Buffer.ResetWrittenCount();
        if (Buffer.Capacity > KeptMax)
        {
            Buffer = new ArrayBufferWriter<byte>();
        }
    }
}
