using System.Buffers;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Server.Gateway.Output;
using Microsoft.AspNetCore.Connections;

namespace Hexagram.Server.Gateway.Tcp;

/// <summary>Length-delimited packets on a Kestrel connection (PROTOCOL §3.1).</summary>
internal sealed class TcpTransport(ConnectionContext connection, TimeProvider time) : ISessionTransport
{
    private readonly ByteConnection _bytes = new(connection.Transport.Input, connection.Transport.Output);

    public string Peer => connection.RemoteEndPoint?.ToString() ?? connection.ConnectionId;

    public PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result) =>
        PacketCodec.TryRead(ref _bytes.Arrived, packetBytesMax, out result);

    public ValueTask<bool> WaitToReadAsync() => _bytes.WaitToReadAsync();

    public void StopReading() => _bytes.StopReading();

    public void Encode(Packet packet, OutgoingBuffer output) => PacketCodec.Write(packet, output);

    public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> encoded, Action progressed) => _bytes.SendAsync(encoded, progressed);

    public async ValueTask CloseAsync(TimeSpan linger)
    {
        using (var enough = new CancellationTokenSource(linger, time))
        {
            await _bytes.DiscardAsync(All, enough.Token).ConfigureAwait(false);
        }

        // Kestrel waits for the peer to take the rest, for ever if need be; the timer is what ends that.
        _ = time.CreateTimer(static state => ((TcpTransport)state!).Abort(), this, linger, Timeout.InfiniteTimeSpan);
        await _bytes.CompleteAsync().ConfigureAwait(false);
    }

    public void Abort() => connection.Abort();

    private static bool All(ref ReadOnlySequence<byte> arrived)
    {
        arrived = arrived.Slice(arrived.End);
        return false;
    }
}
