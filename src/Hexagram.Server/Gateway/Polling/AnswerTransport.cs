using System.Buffers;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Server.Gateway.Output;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>
/// One HTTP request as a session sees it: the packets of its body come in one after the other, and what the session says gathers for the answer
/// (PROTOCOL §14).
/// </summary>
/// <param name="peer">For logs.</param>
/// <param name="packets">What the body holds.</param>
/// <param name="isHeld">The session goes on behind the last of them until <see cref="StopReading"/>; otherwise it ends when all is answered.</param>
/// <param name="bytesMax">An answer of so many bytes is not waited with.</param>
internal sealed class AnswerTransport(string peer, IReadOnlyList<Packet> packets, bool isHeld, int bytesMax) : ISessionTransport
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _answer = new();
    private readonly List<AckNotify> _reports = [];
    private int _read;
    private bool _hasWritten;
    private bool _hasNews;
    private volatile bool _isFull;

    /// <summary>Called when something has been said that is not to wait.</summary>
    public Action Spoke { get; set; } = static () => { };

    /// <summary>The last word, if there was one: the problem of the answer.</summary>
    public Goodbye? Goodbye { get; private set; }

    /// <summary>What was said before it, in the JSON form, with commas between; nothing when that is a Welcome alone and a problem follows.</summary>
    public ReadOnlySpan<byte> Packets => Goodbye is null || _hasNews ? _answer.WrittenSpan : default;

    /// <summary>Something besides Welcome was said.</summary>
    public bool HasNews => _hasNews;

    /// <summary>The ack:N among it.</summary>
    public IReadOnlyList<AckNotify> Reports => _reports;

    public string Peer => peer;

    public bool IsFull => _isFull;

    public PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result)
    {
        result = _read < packets.Count ? new(packets[_read++], ErrorCode.None, null) : default;
        return result.Packet is null ? PacketReadOutcome.Incomplete : PacketReadOutcome.Packet;
    }

    public async ValueTask<bool> WaitToReadAsync()
    {
        if (_read < packets.Count)
        {
            return true;
        }

        if (isHeld)
        {
            await _stopped.Task.ConfigureAwait(false);
        }

        return false;
    }

    public void StopReading() => _stopped.TrySetResult();

    public void Encode(Packet packet, OutgoingBuffer output)
    {
        switch (packet)
        {
            case Goodbye goodbye:
                Goodbye = goodbye;
                return;
            case AckAcknowledge or Ping or Pong:
                // Welcome stands for the one, and nobody is there for the others.
                return;
            case AckNotify report:
                _reports.Add(report);
                break;
        }

        if (_hasWritten)
        {
            output.Write(","u8);
        }

        _hasWritten = true;
        _hasNews |= packet is not Welcome;
        JsonPacketCodec.Write(packet, output);
    }

    public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> encoded, Action progressed)
    {
        _answer.Write(encoded.Span);
        _isFull |= _answer.WrittenCount >= bytesMax;
        if (_hasNews)
        {
            Spoke();
        }

        return new(true);
    }

    public ValueTask CloseAsync(TimeSpan linger) => default;

    public void Abort() => StopReading();
}
