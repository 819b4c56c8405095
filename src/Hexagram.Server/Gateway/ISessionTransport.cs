using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Server.Gateway.Output;

namespace Hexagram.Server.Gateway;

/// <summary>
/// How packets come and go: the one thing in which TCP and other transports differ. One reader; one sender at a time; the other
/// members from anywhere.
/// </summary>
internal interface ISessionTransport
{
    /// <summary>The peer, for logs.</summary>
    string Peer { get; }

    /// <summary>What waits for its peer is as much as may be handed over at a time: an answer to one request. A connection never is.</summary>
    bool IsFull => false;

    /// <summary>Takes the next packet off what has arrived; see <see cref="PacketCodec.TryRead"/>.</summary>
    PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result);

    /// <summary>Waits for more bytes. False: none will come, or <see cref="StopReading"/> was called.</summary>
    ValueTask<bool> WaitToReadAsync();

    /// <summary>Ends the wait of the reader, now or the next.</summary>
    void StopReading();

    /// <summary>Puts a packet into the form of this transport. Called by one at a time.</summary>
    void Encode(Packet packet, OutgoingBuffer output);

    /// <summary>
    /// Sends what <see cref="Encode"/> has written. Completes when little of it is left to be taken by the peer; false when the peer has gone.
    /// <paramref name="progressed"/> is called whenever the peer has taken a piece, so that slow is not mistaken for stuck.
    /// </summary>
    ValueTask<bool> SendAsync(ReadOnlyMemory<byte> encoded, Action progressed);

    /// <summary>
    /// Everything has been sent: closes, and meanwhile reads on and throws away, so that closing does not destroy the last packet on its way
    /// (PROTOCOL §9). Takes <paramref name="linger"/> at the most.
    /// </summary>
    ValueTask CloseAsync(TimeSpan linger);

    /// <summary>Ends the connection at once.</summary>
    void Abort();
}
