using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Codec.Json;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// Packets in their JSON form. Whatever the bytes: no exception, the same outcome in whatever pieces they come and on both ways of reading; and what is
/// accepted is JSON by another parser's account as well, says the same once it is written again, and goes through the binary form without a change.
/// </summary>
internal sealed class JsonPacketTarget : SynchronousTarget
{
    public const string TargetName = "json-packet";

    private const int PacketBytesMax = 2 << 10;

    private static readonly string[] Spellings =
    [
        """{ "upTo" : 42, "later":[1,{"a":null},"\ud83d\udc0e"], "epoch":"5EED0000C0FFEE01",  "k\u0069nd":"ack:A" }""",
        """{"kind":"msg:R","id":"019b7ca9-8f2e-7a01-8f00-0000000000a1","to":"b\u00e9","text":"\"\\\/\b\f\n\r\t\u4f60 你好"}""",
        """{"kind":"ping","kind":"pong","a":-1.5e400}""",
        "[[[[[[[[[[{\"a\":[[[[[[[[{}]]]]]]]]}]]]]]]]]]]",
    ];

    public override string Name => TargetName;

    public override IEnumerable<byte[]> Seeds() => SomePackets.OfEachKind.Select(Written).Concat(Spellings.Select(Encoding.UTF8.GetBytes));

    protected override void Try(byte[] input, Observations seen)
    {
        var result = JsonPacketCodec.Read(input, PacketBytesMax);
        seen.Saw((int)result.Code + (result.Packet?.GetType().Name[0] ?? 0));
        BrokenPromiseException.Unless(result.Packet is null == result.Fault is { Length: > 0 }, "A packet has words of a fault, or a violation has none.");

        var pieces = JsonPacketCodec.Read(InputPieces.Of(input), PacketBytesMax);
        BrokenPromiseException.Unless((result.Code, result.Fault) == (pieces.Code, pieces.Fault), $"In one piece it is {result.Code} {result.Fault}, in pieces {pieces.Code} {pieces.Fault}.");
        if (result.Packet is not { } packet)
        {
            return;
        }

        var canonical = Written(packet);
        BrokenPromiseException.Unless(canonical.AsSpan().SequenceEqual(Written(pieces.Packet!)), "In pieces a packet reads otherwise.");
        var longWay = JsonPacketReader.Read(input);
        BrokenPromiseException.Unless(longWay.Packet is { } other && canonical.AsSpan().SequenceEqual(Written(other)), $"The long way reads something else: {longWay.Fault}");
        Check(packet, canonical);

        // Another parser's account: the codec adds nothing and changes nothing. What the packet does not have may be anything.
        using var document = JsonDocument.Parse(input, new JsonDocumentOptions { MaxDepth = ProtocolLimits.JsonDepthMax });
        Compare(JsonNode.Parse(canonical)!, document.RootElement);
    }

    private static void Check(Packet packet, byte[] canonical)
    {
        var again = JsonPacketCodec.Read(canonical, int.MaxValue);
        BrokenPromiseException.Unless(again.Packet is not null, $"What was written of a {packet.GetType().Name} cannot be read: {again.Fault}");
        var binary = new ReadOnlySequence<byte>(SomePackets.Bytes(again.Packet!));
        var outcome = PacketCodec.TryRead(ref binary, int.MaxValue, out var result);
        BrokenPromiseException.Unless(outcome == PacketReadOutcome.Packet, $"The binary form of a {packet.GetType().Name} cannot be read: {result.Fault}");
        BrokenPromiseException.Unless(canonical.AsSpan().SequenceEqual(Written(result.Packet!)), $"A {packet.GetType().Name} is another after the binary form.");
    }

    private static void Compare(JsonNode written, JsonElement read)
    {
        switch (written)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    Compare(value!, Member(read, name));
                }

                break;
            case JsonArray elements:
                BrokenPromiseException.Unless(elements.Count == read.GetArrayLength(), "A list has another length once it is written again.");
                for (var i = 0; i < elements.Count; i++)
                {
                    Compare(elements[i]!, read[i]);
                }

                break;
            case JsonValue value when value.TryGetValue<string>(out var text):
                // Ids and epochs are read in capitals as well; no other text has been seen to differ in them alone.
                BrokenPromiseException.Unless(string.Equals(text, read.GetString(), IsHexadecimal(text) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal), "A text is another once it is written again.");
                break;
            default:
                BrokenPromiseException.Unless(written.ToJsonString() == read.GetRawText(), "A number is another once it is written again.");
                break;
        }
    }

    /// <summary>The parser throws at a name with half of a surrogate pair in it, when asked whether it is another.</summary>
    private static JsonElement Member(JsonElement read, string name) => read.EnumerateObject()
        .First(member => JsonMarshal.GetRawUtf8PropertyName(member) is var raw && raw.IndexOf("\\ud"u8) < 0 && raw.IndexOf("\\uD"u8) < 0 && member.NameEquals(name))
        .Value;

    private static bool IsHexadecimal(string text) => text.All(character => char.IsAsciiHexDigit(character) || character == '-');

    private static byte[] Written(Packet packet)
    {
        var output = new ArrayBufferWriter<byte>();
        JsonPacketCodec.Write(packet, output);
        return output.WrittenSpan.ToArray();
    }
}
