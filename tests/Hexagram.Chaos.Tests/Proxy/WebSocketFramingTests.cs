using System.Buffers;
using Hexagram.Chaos.Proxy;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.Chaos.Tests.Proxy;

/// <summary>The proxy finds packets in WebSocket frames as it does on TCP, and passes what it cannot read.</summary>
public sealed class WebSocketFramingTests
{
    private const uint Mask = 0x1234_5678;

    private static readonly byte[] Request = "GET /v1/ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"u8.ToArray();
    private static readonly byte[] Answer = "HTTP/1.1 101 Switching Protocols\r\n\r\n"u8.ToArray();

    private readonly PacketScanner _scanner = new();

    public static TheoryData<PacketKind, bool, bool> Frames =>
        [.. Samples.Kinds.SelectMany(kind => new[] { (kind.Data, true, true), (kind.Data, true, false), (kind.Data, false, true), (kind.Data, false, false) })];

    [Theory]
    [MemberData(nameof(Frames))]
    public void The_kind_of_a_packet_is_read_in_either_form_and_direction(PacketKind kind, bool isJson, bool isMasked)
    {
        var form = isJson ? MessageForm.Json : MessageForm.Binary;
        byte[] bytes = [.. isMasked ? Request : Answer, .. Frame(kind, form, isMasked), .. Frame(PacketKind.Ping, form, isMasked)];

        var found = new List<PacketKind>();
        for (var at = 0; at < bytes.Length;)
        {
            var taken = _scanner.Next(bytes.AsSpan(at), out var begins);
            Assert.NotEqual(0, taken);
            at += taken;
            if (begins is { } begun)
            {
                found.Add(begun);
            }
        }

        Assert.Equal([kind, PacketKind.Ping], found);
    }

    [Fact]
    public void Byte_by_byte_it_finds_the_same()
    {
        byte[] bytes = [.. Request, .. Frame(PacketKind.MessageRequest, MessageForm.Json, isMasked: true), .. Frame(PacketKind.AckRequest, MessageForm.Json, isMasked: true)];
        var found = new List<PacketKind>();
        for (var (at, end) = (0, 1); at < bytes.Length; end = Math.Min(end + 1, bytes.Length))
        {
            at += _scanner.Next(bytes.AsSpan(at..end), out var begins);
            if (begins is { } begun)
            {
                found.Add(begun);
            }
        }

        Assert.Equal([PacketKind.MessageRequest, PacketKind.AckRequest], found);
    }

    [Fact]
    public void Control_frames_and_what_is_encrypted_pass_unwatched()
    {
        var control = new byte[FrameHeader.BytesMax];
        var length = FrameHeader.Write(control, FrameKind.Ping, 0);
        _scanner.Next(Answer, out _);
        Assert.Equal(length, _scanner.Next(control.AsSpan(0, length), out var begins));
        Assert.Null(begins);
        byte[] tls = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01];
        Assert.Equal(tls.Length, new PacketScanner().Next(tls, out begins));
        Assert.Null(begins);
    }

    private static byte[] Frame(PacketKind kind, MessageForm form, bool isMasked)
    {
        var message = new ArrayBufferWriter<byte>();
        form.Write(Samples.Packet(kind), message);
        var payload = message.WrittenSpan[form.PrefixBytes(message.WrittenSpan)..];
        var frame = new byte[FrameHeader.BytesMax + payload.Length];
        var headerBytes = isMasked ? FrameHeader.WriteMasked(frame, form.Kind, payload.Length, Mask) : FrameHeader.Write(frame, form.Kind, payload.Length);
        payload.CopyTo(frame.AsSpan(headerBytes));
        FrameMask.Apply(frame.AsSpan(headerBytes, payload.Length), isMasked ? Mask : 0);
        return frame[..(headerBytes + payload.Length)];
    }
}
