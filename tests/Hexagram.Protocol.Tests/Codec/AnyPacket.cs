using CsCheck;

namespace Hexagram.Protocol.Tests.Codec;

/// <summary>Generators of every kind of valid packet, with the edges of each field among them.</summary>
internal static class AnyPacket
{
    private static readonly Gen<long> Number = Gen.OneOf(Gen.Long[0, 300], Gen.Long[0, ProtocolLimits.NumberMax], Gen.Const(ProtocolLimits.NumberMax));
    private static readonly Gen<DateTimeOffset> Instant =
        Gen.Long[0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()].Select(DateTimeOffset.FromUnixTimeMilliseconds);

    private static readonly Gen<MessageId> Id = Gen.Select(Instant, Gen.ULong, Gen.ULong, MessageId.New);
    private static readonly Gen<IReadOnlyList<MessageId>> Ids = Id.Array[1, 20].Select(ids => (IReadOnlyList<MessageId>)ids);

    // From one byte of UTF-8 to four, so that lengths in characters and in bytes differ.
    private static readonly Gen<string> Name = Gen.String[Gen.Char["aZ09.-_@:é你好\u05D0"], 1, 20];
    private static readonly Gen<string> Words = Gen.OneOf(Gen.String[Gen.Char["az ,.é你"], 0, 60], Gen.Const(""), Gen.Const("\U0001F40E hexagram"));

    private static readonly Gen<UserId> User = Name.Select(name => new UserId(name));
    private static readonly Gen<Epoch> Epoch = Gen.ULong[1, ulong.MaxValue].Select(value => new Epoch(value));
    private static readonly Gen<Sequence> Sequence = Number.Select(value => new Sequence(value));
    private static readonly Gen<Sequence> Entry = Number.Select(value => new Sequence(Math.Max(value, 1)));
    private static readonly Gen<ErrorCode> Code = Gen.OneOf(Gen.Enum<ErrorCode>().Where(code => code != ErrorCode.None), Gen.Int[1, int.MaxValue].Select(code => (ErrorCode)code));
    private static readonly Gen<TimeSpan> Wait = Gen.Int[0, (int)ProtocolLimits.RetryAfterMax.TotalMilliseconds].Select(value => TimeSpan.FromMilliseconds(value));

    private static readonly Gen<Body> Body = Gen.OneOf(
        Words.Select(Protocol.Body.FromText),
        Gen.Select(Gen.Byte.Array[0, 300], Gen.String[Gen.Char['!', '~'], 1, 40], (content, type) => Protocol.Body.FromBytes(content, type)));

    private static readonly Gen<MessageStatus> Status =
        Gen.Select(Id, Gen.Enum<MessageState>(), Gen.Bool, (id, state, forgotten) => new MessageStatus(id, state, forgotten));

    private static readonly Gen<SessionLimits> Limits = Gen.Select(
        Gen.Int[1, ProtocolLimits.BodyBytesMaxCeiling],
        Gen.Int[1, int.MaxValue],
        Gen.Int[1, int.MaxValue],
        Gen.Long[0, (long)ProtocolLimits.HorizonMax.TotalMilliseconds],
        (body, requests, window, horizon) => new SessionLimits(body, requests, window, TimeSpan.FromMilliseconds(horizon)));

    private static readonly Gen<Packet> Hello =
        from token in Gen.String[Gen.Char['!', '~'], 0, 200]
        from device in Name
        from connection in Entry
        from epoch in Gen.ULong
        from cursor in Sequence
        from window in Gen.Int[0, int.MaxValue]
        from windowBytes in Gen.Int[0, int.MaxValue]
        from start in Gen.Enum<StreamStart>()
        from software in Gen.String[Gen.Char['a', 'z'], 0, 40]
        select (Packet)new Hello(token, new DeviceId(device), new ConnectionNumber(connection.Value), new Epoch(epoch), cursor, window, windowBytes, start, software);

    private static readonly Gen<Packet> Welcome =
        from user in User
        from epoch in Epoch
        from last in Sequence
        from first in Number
        from resume in Sequence
        from time in Instant
        from limits in Limits
        select (Packet)new Welcome(user, epoch, new Sequence(Math.Max(1, Math.Min(first, last.Value))), last, resume, time, limits);

    /// <summary>Every kind alike.</summary>
    internal static readonly Gen<Packet> OfAnyKind = Gen.OneOf(
        Gen.Select(Id, User, Body, (id, to, body) => (Packet)new MessageRequest(id, to, body)),
        Gen.Select(Id, Instant, (id, at) => (Packet)new MessageAcknowledge(id, at)),
        Gen.Select(Entry, Id, User, Instant, Body, Gen.Bool, (sequence, id, from, at, body, again) => (Packet)new MessageNotify(sequence, id, from, at, body, again)),
        Gen.Select(Epoch, Entry, (epoch, upTo) => (Packet)new AckRequest(epoch, upTo)),
        Gen.Select(Epoch, Sequence, (epoch, upTo) => (Packet)new AckAcknowledge(epoch, upTo)),
        Gen.Select(User, Ids, Gen.Bool, (by, ids, stored) => (Packet)new AckNotify(by, ids, stored ? MessageState.Stored : MessageState.Delivered)),
        Hello,
        Welcome,
        Gen.Select(User, Ids, (to, ids) => (Packet)new StatusRequest(to, ids)),
        Gen.Select(User, Status.Array[1, 20], (to, statuses) => (Packet)new StatusAcknowledge(to, statuses)),
        Gen.Const((Packet)Ping.Instance),
        Gen.Const((Packet)Pong.Instance),
        Gen.Select(Code, Words, Id, User, Wait, (code, text, id, to, wait) => (Packet)new Error(code, text, id, to, wait)),
        Gen.Select(Code, Words, Wait, (code, text, wait) => (Packet)new Goodbye(code, text, wait)));

    /// <summary>Those that the codecs read and write the short way.</summary>
    internal static readonly Gen<Packet> OfALine = OfAnyKind.Where(IsLine);

    /// <summary>One of the six lines, Ping or Pong.</summary>
    internal static bool IsLine(Packet packet) =>
        packet is MessageRequest or MessageAcknowledge or MessageNotify or AckRequest or AckAcknowledge or AckNotify or Ping or Pong;

    /// <summary>The packet with <paramref name="secret"/>, a word, wherever there is something that no log may hold.</summary>
    internal static Packet WithSecret(Packet packet, string secret) => packet switch
    {
        MessageRequest request => request with { Body = Protocol.Body.FromBytes(System.Text.Encoding.UTF8.GetBytes(secret), secret) },
        MessageNotify notify => notify with { Body = secret },
        Hello hello => hello with { Token = secret, Software = secret },
        Error error => error with { Text = secret },
        var other => other,
    };
}
