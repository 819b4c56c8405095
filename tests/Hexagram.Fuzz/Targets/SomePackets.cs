using System.Buffers;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Fuzz.Targets;

/// <summary>A packet of each kind, to make others from.</summary>
internal static class SomePackets
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly UserId Bob = new("bob");

    /// <summary>The same ids each time.</summary>
    public static MessageId Id(int number) => MessageId.New(Now, 0, (ulong)number << 2);

    public static IReadOnlyList<Packet> OfEachKind { get; } =
    [
        new Hello("a.token", new DeviceId("phone"), new ConnectionNumber(7), new Epoch(0x5EED), new Sequence(41), 256, 4 << 20, StreamStart.Latest, "example/1.0"),
        new Welcome(Bob, new Epoch(0x5EED), new Sequence(12), new Sequence(57), new Sequence(41), Now, new SessionLimits(1 << 20, 256, 1_024, TimeSpan.FromDays(30))),
        new MessageRequest(Id(1), Bob, "你好"),
        new MessageRequest(Id(2), Bob, Body.FromBytes(new byte[] { 0x89, 0x50 }, "image/png")),
        new MessageAcknowledge(Id(1), Now),
        new MessageNotify(new Sequence(1), Id(1), new UserId("alice"), Now, "hello", true),
        new AckRequest(new Epoch(0x5EED), new Sequence(1)),
        new AckAcknowledge(new Epoch(0x5EED), new Sequence(1)),
        new AckNotify(Bob, [Id(1), Id(2)], MessageState.Stored),
        new StatusRequest(Bob, [Id(1), Id(2)]),
        new StatusAcknowledge(Bob, [new MessageStatus(Id(1), MessageState.Delivered, false), new MessageStatus(Id(2), MessageState.Waiting, true)]),
        Ping.Instance,
        Pong.Instance,
        new Error(ErrorCode.MailboxFull, "The mailbox is full.", Id(1), Bob, TimeSpan.FromSeconds(1)),
        new Goodbye(ErrorCode.Restarting, "The server restarts.", TimeSpan.FromSeconds(1)),
    ];

    /// <summary>Packets as they stand on the wire.</summary>
    public static byte[] Bytes(params Packet[] packets)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var packet in packets)
        {
            PacketCodec.Write(packet, buffer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
