using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Client.Connections;

/// <summary>How packets come and go: the one thing in which TCP, WebSocket and polling differ here. One reader and one writer at a time.</summary>
internal interface IPacketTransport : IAsyncDisposable
{
    /// <summary>Bytes written and not sent.</summary>
    int WrittenBytes { get; }

    /// <summary>Waits for bytes. False when the server has closed.</summary>
    ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken);

    /// <summary>Takes the next packet off what has arrived; see <see cref="PacketCodec.TryRead"/>.</summary>
    PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result);

    /// <summary>Puts a packet behind those that wait to be sent.</summary>
    void Write(Packet packet);

    /// <summary>Sends what was written.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>This side is about to close: what was written is taken, if that has to be asked for. Completes when it is; does not fail. Thread-safe.</summary>
    /// <param name="last">The last confirmation, which may not be written yet.</param>
    Task LeaveAsync(AckRequest? last) => Task.CompletedTask;

    /// <summary>Closes at once: whoever waits here fails. Disposing gives the memory back, when nobody does any more.</summary>
    ValueTask CloseAsync();
}
