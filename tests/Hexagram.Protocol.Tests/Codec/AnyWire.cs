using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Hexagram.Protocol.Tests.Codec;

/// <summary>
/// Generators of what a hostile peer can put into protobuf: messages shaped after the contract, whose every field may be
/// valid, out of range, missing, repeated, of another wire type or unknown. Random bytes seldom come this far.
/// </summary>
internal static class AnyWire
{
    private static readonly Gen<ulong> Number = Gen.Frequency(
        (3, OneOf<ulong>(1, 2, 3, 1000, 1100, 3102)),
        (1, OneOf<ulong>(0, 4, int.MaxValue, uint.MaxValue, 1UL << 53, (1UL << 53) - 1, long.MaxValue, ulong.MaxValue)),
        (1, Gen.ULong));

    private static readonly Gen<byte[]> Id = Gen.Select(
        Gen.Int[0, int.MaxValue],
        Gen.ULong,
        (at, random) => MessageId.New(DateTimeOffset.FromUnixTimeSeconds(at), random, random).ToBytes());

    private static readonly Gen<byte[]> Text = Gen.Frequency(
        (4, OneOf("bob"u8.ToArray(), "image/png"u8.ToArray(), "你好"u8.ToArray(), Long(UserId.BytesMax), Long(Body.ContentTypeCharactersMax))),
        (1, OneOf<byte[]>([], Long(UserId.BytesMax + 1), "a b"u8.ToArray(), "a\nb"u8.ToArray(), [0xFF], [0xED, 0xA0, 0x80], [0xEF, 0xBF, 0xBD])));

    private static readonly Gen<byte[]> Content = Gen.Frequency((5, Id), (2, Text), (1, Gen.Byte.Array[0, 20]));

    /// <summary>Any field at all.</summary>
    private static readonly Gen<byte[]> Stray =
        from number in Gen.Frequency((4, Gen.Int[1, 9]), (1, Gen.Int[10, 600]))
        from wire in Gen.Enum<WireFormat.WireType>()
        from value in Number
        from content in Content
        select Encode(number, wire, value, content);

    /// <summary>One or two packets' kinds, behind their true length.</summary>
    internal static readonly Gen<byte[]> Frame =
        from kind in Kind(0, 13)
        from other in Gen.Frequency((8, Gen.Const(Array.Empty<byte>())), (1, Kind(0, 13)), (1, Stray))
        select (byte[])[.. Varint((ulong)(kind.Length + other.Length)), .. kind, .. other];

    private static Gen<byte[]> Kind(int from, int to) =>
        Gen.Int[from, to].SelectMany(i => Shaped(Wire.Packet.Descriptor.Oneofs[0].Fields[i]));

    /// <summary>A field as the contract has it, with a value of its type.</summary>
    private static Gen<byte[]> Shaped(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => Message(field.MessageType).Select(content => Encode(field.FieldNumber, WireFormat.WireType.LengthDelimited, 0, content)),
        FieldType.Bytes => Content.Select(content => Encode(field.FieldNumber, WireFormat.WireType.LengthDelimited, 0, content)),
        FieldType.String => Text.Select(content => Encode(field.FieldNumber, WireFormat.WireType.LengthDelimited, 0, content)),
        FieldType.Fixed64 => Number.Select(value => Encode(field.FieldNumber, WireFormat.WireType.Fixed64, value, [])),
        _ => Number.Select(value => Encode(field.FieldNumber, WireFormat.WireType.Varint, value, [])),
    };

    private static Gen<byte[]> Message(MessageDescriptor type) =>
        type.Fields.InDeclarationOrder()
            .Select(field => Gen.Frequency(
                (14, Shaped(field)),
                (1, Gen.Const(Array.Empty<byte>())),
                (1, Shaped(field).Array[2, 3].Select(copies => copies.SelectMany(copy => copy).ToArray())),
                (1, Stray)))
            .Aggregate(
                Gen.Const(Array.Empty<byte>()),
                (message, field) => Gen.Select(message, field, (before, next) => (byte[])[.. before, .. next]));

    private static byte[] Long(int bytes) => Enumerable.Repeat((byte)'n', bytes).ToArray();

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static byte[] Encode(int number, WireFormat.WireType wire, ulong value, byte[] content) =>
    [
        .. Varint(WireFormat.MakeTag(number, wire)),
        .. wire switch
        {
            WireFormat.WireType.Varint => Varint(value),
            WireFormat.WireType.LengthDelimited => [.. Varint((ulong)content.Length), .. content],
            WireFormat.WireType.Fixed64 => BitConverter.GetBytes(value),
            WireFormat.WireType.Fixed32 => BitConverter.GetBytes((uint)value),
            _ => [],
        },
    ];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
