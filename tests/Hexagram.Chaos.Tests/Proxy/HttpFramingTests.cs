using System.Buffers;
using System.Text;
using Hexagram.Chaos.Proxy;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec.Json;

namespace Hexagram.Chaos.Tests.Proxy;

/// <summary>The proxy finds packets in the bodies of long polling as it does on TCP.</summary>
public sealed class HttpFramingTests
{
    private static readonly MessageRequest Tricky = new(MessageId.New(DateTimeOffset.UnixEpoch), new("bob"), """{"kind":"msg:A"}""");

    [Fact]
    public void Packets_of_requests_on_one_connection_are_found_whatever_their_texts_say()
    {
        byte[] bytes = [.. Request("{\"requests\":[", Json(Tricky), ",", Json(Tricky), "]}"), .. Request(Json(Samples.Packet(PacketKind.StatusRequest)))];

        Assert.Equal([PacketKind.MessageRequest, PacketKind.MessageRequest, PacketKind.StatusRequest], Found(bytes, atOnce: true));
        Assert.Equal([PacketKind.MessageRequest, PacketKind.MessageRequest, PacketKind.StatusRequest], Found(bytes, atOnce: false));
    }

    [Fact]
    public void A_poll_is_its_ackR_and_the_Welcome_in_its_answer_the_ackA()
    {
        byte[] answer = [.. Answer("{\"packets\":[", Json(Samples.Packet(PacketKind.Welcome)), ",", Json(Samples.Packet(PacketKind.MessageNotify)), "]}"), .. Answer("{\"packets\":[]}")];

        Assert.Equal([PacketKind.AckRequest], Found(Request("{\"hello\":", Json(Samples.Packet(PacketKind.Hello)), ",\"holdMilliseconds\":0}"), atOnce: false));
        Assert.Equal([PacketKind.AckAcknowledge, PacketKind.MessageNotify], Found(answer, atOnce: true));
        Assert.Equal([PacketKind.AckAcknowledge, PacketKind.MessageNotify], Found(answer, atOnce: false));
    }

    private static List<PacketKind> Found(byte[] bytes, bool atOnce)
    {
        var scanner = new PacketScanner();
        var found = new List<PacketKind>();
        for (var (at, end) = (0, atOnce ? bytes.Length : 1); at < bytes.Length; end = Math.Min(end + 1, bytes.Length))
        {
            at += scanner.Next(bytes.AsSpan(at..end), out var begins);
            if (begins is { } begun)
            {
                found.Add(begun);
            }
        }

        return found;
    }

    private static byte[] Request(params string[] body) => Message("POST /v1/poll HTTP/1.1\r\nHost: chat.example\r\n", string.Concat(body));

    private static byte[] Answer(params string[] body) => Message("HTTP/1.1 200 OK\r\n", string.Concat(body));

    private static byte[] Message(string head, string body) => Encoding.UTF8.GetBytes($"{head}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    private static string Json(Packet packet)
    {
        var json = new ArrayBufferWriter<byte>();
        JsonPacketCodec.Write(packet, json);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
