using System.Buffers;
using Hexagram.Chaos.Proxy;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Chaos.Tests.Proxy;

/// <summary>One packet of each kind, as the codec writes it.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MessageId Id = MessageId.New(Now);
    private static readonly UserId Bob = new("bob");
    private static readonly Epoch Epoch = new(7);

    private static readonly Dictionary<PacketKind, Packet> Packets = new()
    {
        [PacketKind.MessageRequest] = new MessageRequest(Id, Bob, new string('x', 300)),
        [PacketKind.MessageAcknowledge] = new MessageAcknowledge(Id, Now),
        [PacketKind.MessageNotify] = new MessageNotify(new Sequence(1), Id, Bob, Now, "hello", Redelivered: false),
        [PacketKind.AckRequest] = new AckRequest(Epoch, new Sequence(1)),
        [PacketKind.AckAcknowledge] = new AckAcknowledge(Epoch, new Sequence(1)),
        [PacketKind.AckNotify] = new AckNotify(Bob, [Id], MessageState.Delivered),
        [PacketKind.Hello] = new Hello("token", new DeviceId("phone"), new ConnectionNumber(1), Epoch.None, Sequence.None, 1, 1, StreamStart.Oldest, "test"),
        [PacketKind.Welcome] = new Welcome(Bob, Epoch, new Sequence(1), Sequence.None, Sequence.None, Now, new SessionLimits(1, 1, 1, TimeSpan.FromDays(1))),
        [PacketKind.StatusRequest] = new StatusRequest(Bob, [Id]),
        [PacketKind.StatusAcknowledge] = new StatusAcknowledge(Bob, [new MessageStatus(Id, MessageState.Stored)]),
        [PacketKind.Ping] = Ping.Instance,
        [PacketKind.Pong] = Pong.Instance,
        [PacketKind.Error] = new Error(ErrorCode.MailboxFull, "full", Id, Bob, TimeSpan.FromSeconds(1)),
        [PacketKind.Goodbye] = new Goodbye(ErrorCode.Restarting, "bye", TimeSpan.Zero),
    };

    /// <summary>Every kind that there is.</summary>
    public static TheoryData<PacketKind> Kinds => [.. Enum.GetValues<PacketKind>().Where(kind => kind != PacketKind.Unknown)];

    /// <summary>A packet of this kind.</summary>
    public static Packet Packet(PacketKind kind) => Packets[kind];

    /// <summary>Packets of these kinds, one after the other.</summary>
    public static byte[] Bytes(params IEnumerable<PacketKind> kinds)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var kind in kinds)
        {
            PacketCodec.Write(Packets[kind], output);
        }

        return output.WrittenSpan.ToArray();
    }
}
