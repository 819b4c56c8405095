using System.Buffers;
using System.Buffers.Binary;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Gateway.Output;

namespace Hexagram.Server.Gateway.WebSockets;

/// <summary>
/// One packet per WebSocket message (PROTOCOL §3.4), in frames of its own making: several packets leave with one write, and a quiet session holds no
/// buffer. docs/decisions/websocket-frames.md says why not with System.Net.WebSockets.
/// </summary>
/// <remarks>
/// The peer's Ping goes to the session as a <see cref="Ping"/> and its answer is turned back into a frame, so that control frames are counted,
/// bounded and written like packets. The session answers one packet after the other, so whose Pong is written is known.
/// </remarks>
internal sealed class WebSocketTransport(UpgradedConnection connection, MessageForm form, TimeProvider time) : ISessionTransport
{
    /// <summary>Nothing went wrong, and no Goodbye says more (RFC 6455 §7.4.1).</summary>
    private const ushort NormalClosure = 1000;

    private readonly ByteConnection _bytes = new(connection.Input, connection.Output);
    private readonly MessageAssembly _assembly = new(form.Kind);
    private long _discardBytes;
    private byte[]? _pingPayload;
    private bool _answersPing;
    private bool _hasSpoken;
    private bool _peerClosed;
    private bool _unreadable;
    private bool _closeWritten;

    public string Peer => connection.Peer;

    public PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result)
    {
        result = default;
        while (!_peerClosed)
        {
            switch (FrameHeader.TryRead(_bytes.Arrived, out var frame, out var malformed))
            {
                case FrameReadOutcome.Incomplete:
                    return PacketReadOutcome.Incomplete;
                case FrameReadOutcome.Violation:
                    _unreadable = true;
                    result = new(null, ErrorCode.ProtocolViolation, malformed);
                    return PacketReadOutcome.Violation;
            }

            var (code, fault) = Fault(frame, packetBytesMax);
            if (code != ErrorCode.None)
            {
                result = new(null, code, fault);
                return PacketReadOutcome.Violation;
            }

            if (_bytes.Arrived.Length < frame.FrameBytes)
            {
                return PacketReadOutcome.Incomplete;
            }

            var payload = _bytes.Arrived.Slice(frame.HeaderBytes, frame.Length);
            result = frame.IsControl ? Control(frame, payload) : Data(frame, payload);
            _bytes.Arrived = _bytes.Arrived.Slice(frame.FrameBytes);
            if (result.Packet is not null || result.Code != ErrorCode.None)
            {
                return result.Packet is null ? PacketReadOutcome.Violation : PacketReadOutcome.Packet;
            }
        }

        return PacketReadOutcome.Incomplete;
    }

    public ValueTask<bool> WaitToReadAsync() => _peerClosed ? new(false) : _bytes.WaitToReadAsync();

    public void StopReading() => _bytes.StopReading();

    public void Encode(Packet packet, OutgoingBuffer output)
    {
        if (Interlocked.Exchange(ref _pingPayload, null) is { } payload)
        {
            Control(FrameKind.Pong, payload, output);
        }

        if (packet is Pong && _answersPing)
        {
            _answersPing = false;
            return;
        }

        var start = output.Length;
        form.Write(packet, output);
        var written = output.Written.Span[start..];
        var prefixBytes = form.PrefixBytes(written);
        var length = written.Length - prefixBytes;
        FrameHeader.Write(output.Insert(start, FrameHeader.BytesFor(length) - prefixBytes), form.Kind, length);
        if (packet is Goodbye goodbye)
        {
            WriteClose(CloseCode.For(goodbye.Code), output);
        }
    }

    public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> encoded, Action progressed) => _bytes.SendAsync(encoded, progressed);

    public async ValueTask CloseAsync(TimeSpan linger)
    {
        _assembly.Clear();
        if (!_closeWritten)
        {
            var output = new OutgoingBuffer();
            WriteClose(NormalClosure, output);
            await _bytes.SendAsync(output.Written, static () => { }).ConfigureAwait(false);
            output.Clear();
        }

        using (var enough = new CancellationTokenSource(linger, time))
        {
            await _bytes.DiscardAsync(HasClosed, enough.Token).ConfigureAwait(false);
        }

        await connection.CompleteAsync(_bytes, linger, time).ConfigureAwait(false);
    }

    public void Abort() => connection.Abort();

    private (ErrorCode Code, string? Fault) Fault(in FrameHeader frame, int packetBytesMax) =>
        !frame.IsMasked ? (ErrorCode.ProtocolViolation, "A WebSocket frame of a client is not masked.")
        : frame.IsControl ? default
        : _assembly.Fault(frame, form.BytesMax(packetBytesMax));

    private PacketReadResult Data(in FrameHeader frame, in ReadOnlySequence<byte> payload)
    {
        _hasSpoken = true;
        _assembly.Add(payload, frame.Mask);
        if (!frame.IsFinal)
        {
            return default;
        }

        var result = form.Read(_assembly.Message);
        _assembly.Clear();
        return result;
    }

    private PacketReadResult Control(in FrameHeader frame, in ReadOnlySequence<byte> payload)
    {
        switch (frame.Kind)
        {
            case FrameKind.Close:
                // Whatever it says, nothing follows it.
                _peerClosed = true;
                return default;
            case FrameKind.Ping:
                var echo = new byte[(int)payload.Length];
                FrameMask.CopyTo(payload, echo, frame.Mask);
                Volatile.Write(ref _pingPayload, echo);

                // Before Hello there is no session that could answer; the Pong then goes out before Welcome.
                _answersPing = _hasSpoken;
                return _hasSpoken ? new(Ping.Instance, ErrorCode.None, null) : default;
            default:
                return _hasSpoken ? new(Pong.Instance, ErrorCode.None, null) : default;
        }
    }

    private static void Control(FrameKind kind, ReadOnlySpan<byte> payload, OutgoingBuffer output)
    {
        var frame = output.GetSpan(FrameHeader.BytesMax + payload.Length);
        var headerBytes = FrameHeader.Write(frame, kind, payload.Length);
        payload.CopyTo(frame[headerBytes..]);
        output.Advance(headerBytes + payload.Length);
    }

    private void WriteClose(ushort code, OutgoingBuffer output)
    {
        Span<byte> payload = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, code);
        Control(FrameKind.Close, payload, output);
        _closeWritten = true;
    }

    /// <summary>Passes over frames that nobody reads any more. True when the peer's Close is among them: then both have said it, and the server closes first.</summary>
    private bool HasClosed(ref ReadOnlySequence<byte> arrived)
    {
        while (!_peerClosed && !_unreadable)
        {
            var passed = Math.Min(_discardBytes, arrived.Length);
            _discardBytes -= passed;
            arrived = arrived.Slice(passed);
            var outcome = FrameHeader.TryRead(arrived, out var frame, out _);
            if (outcome == FrameReadOutcome.Incomplete)
            {
                return false;
            }

            _unreadable = outcome == FrameReadOutcome.Violation;
            _peerClosed = frame.Kind == FrameKind.Close && !_unreadable;
            _discardBytes = frame.FrameBytes;
        }

        arrived = arrived.Slice(arrived.End);
        return _peerClosed;
    }
}
