using System.Buffers;
using System.Text;
using Hexagram.Processes;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.Bench.Wire;

/// <summary>
/// How packets lie in the bytes of a connection, done as cheaply as can be: the load must not cost more than what it loads. One for all connections of a
/// loop, and its thread's alone.
/// </summary>
internal sealed class WireFraming(Transport transport, string host)
{
    private const int PacketBytesMax = ProtocolLimits.BodyBytesMaxCeiling + ProtocolLimits.PacketOverheadBytes;

    /// <summary>The same for all: there is no page's script here, against which it would guard.</summary>
    private const uint Mask = 0x5AA5_C33C;

    private readonly MessageForm? _form = transport switch
    {
        Transport.Tcp => null,
        Transport.WebSocket => MessageForm.Binary,
        _ => MessageForm.Json,
    };

    private readonly ArrayBufferWriter<byte> _message = new();

    /// <summary>What a connection begins with before Hello; empty for none.</summary>
    public ReadOnlySpan<byte> Request => _form is null ? [] : Encoding.ASCII.GetBytes(
        $"GET /v1/ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {_form.Subprotocol}\r\n\r\n");

    /// <summary>Takes the answer to <see cref="Request"/> off the bytes. False when there is more to come of it.</summary>
    /// <exception cref="InvalidOperationException">The server does not want.</exception>
    public static bool TryTakeAnswer(ref ReadOnlySequence<byte> bytes)
    {
        var reader = new SequenceReader<byte>(bytes);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8))
        {
            return false;
        }

        var answer = Encoding.ASCII.GetString(head);
        bytes = bytes.Slice(reader.Position);
        return answer.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)
            ? true
            : throw new InvalidOperationException($"The server did not open a WebSocket: {answer.Split('\r')[0]}");
    }

    /// <summary>Appends a packet.</summary>
    public void Write(Packet packet, ArrayBufferWriter<byte> output)
    {
        if (_form is null)
        {
            PacketCodec.Write(packet, output);
            return;
        }

        _message.ResetWrittenCount();
        _form.Write(packet, _message);
        var message = _message.WrittenSpan[_form.PrefixBytes(_message.WrittenSpan)..];
        var frame = output.GetSpan(FrameHeader.BytesMax + message.Length);
        var headerBytes = FrameHeader.WriteMasked(frame, _form.Kind, message.Length, Mask);
        message.CopyTo(frame[headerBytes..]);
        FrameMask.Apply(frame.Slice(headerBytes, message.Length), Mask);
        output.Advance(headerBytes + message.Length);
    }

    /// <summary>Takes the next packet off the bytes; null when there is more to come of it.</summary>
    /// <exception cref="InvalidOperationException">The server sent what is no packet.</exception>
    public Packet? Next(ref ReadOnlySequence<byte> bytes)
    {
        if (_form is null)
        {
            return PacketCodec.TryRead(ref bytes, PacketBytesMax, out var read) switch
            {
                PacketReadOutcome.Packet => read.Packet,
                PacketReadOutcome.Incomplete => null,
                _ => throw NoPacket(read.Fault),
            };
        }

        var outcome = FrameHeader.TryRead(bytes, out var frame, out var fault);
        if (outcome == FrameReadOutcome.Violation || frame.Kind == FrameKind.Close)
        {
            throw NoPacket(fault ?? "the server closes");
        }

        if (outcome == FrameReadOutcome.Incomplete || bytes.Length < frame.FrameBytes)
        {
            return null;
        }

        // One buffer, see WireConnection: a message lies in one piece.
        var message = bytes.Slice(frame.HeaderBytes, frame.Length).First;
        bytes = bytes.Slice(frame.FrameBytes);
        var result = _form.Read(message);
        return result.Packet ?? throw NoPacket(result.Fault);
    }

    private static InvalidOperationException NoPacket(string? fault) => new($"The server sent what is no packet: {fault}");
}
