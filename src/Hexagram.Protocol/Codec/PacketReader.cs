using System.Diagnostics;
using Kind = Hexagram.Protocol.Wire.Packet.KindOneofCase;

namespace Hexagram.Protocol.Codec;

/// <summary>From the protobuf form to the packet, checked field by field: what leaves here is valid (PROTOCOL §3).</summary>
internal static class PacketReader
{
    /// <summary>The packet, or null and the words for what is wrong. The kind must be set.</summary>
    internal static Packet? Read(Wire.Packet wire, out string? fault)
    {
        var fields = new FieldReader(Name(wire.KindCase));
        Packet packet = wire.KindCase switch
        {
            Kind.MessageRequest => Read(wire.MessageRequest, ref fields),
            Kind.MessageAcknowledge => Read(wire.MessageAcknowledge, ref fields),
            Kind.MessageNotify => Read(wire.MessageNotify, ref fields),
            Kind.AckRequest => Read(wire.AckRequest, ref fields),
            Kind.AckAcknowledge => Read(wire.AckAcknowledge, ref fields),
            Kind.AckNotify => Read(wire.AckNotify, ref fields),
            Kind.Hello => Read(wire.Hello, ref fields),
            Kind.Welcome => Read(wire.Welcome, ref fields),
            Kind.StatusRequest => Read(wire.StatusRequest, ref fields),
            Kind.StatusAcknowledge => Read(wire.StatusAcknowledge, ref fields),
            Kind.Ping => Ping.Instance,
            Kind.Pong => Pong.Instance,
            Kind.Error => Read(wire.Error, ref fields),
            Kind.Goodbye => Read(wire.Goodbye, ref fields),
            _ => throw new UnreachableException($"Kind {wire.KindCase} has no reader."),
        };

        fault = fields.Fault;
        return fault is null ? packet : null;
    }

    private static string Name(Kind kind) => kind switch
    {
        Kind.MessageRequest => "msg:R",
        Kind.MessageAcknowledge => "msg:A",
        Kind.MessageNotify => "msg:N",
        Kind.AckRequest => "ack:R",
        Kind.AckAcknowledge => "ack:A",
        Kind.AckNotify => "ack:N",
        _ => kind.ToString(),
    };

    private static MessageRequest Read(Wire.MessageRequest wire, ref FieldReader fields) => new(
        fields.Id(wire.Id),
        fields.User(wire.To, "to"),
        fields.Body(wire.Content, wire.ContentType));

    private static MessageAcknowledge Read(Wire.MessageAcknowledge wire, ref FieldReader fields) => new(
        fields.Id(wire.Id),
        fields.Instant(wire.AcceptedAt, "accepted_at"));

    private static MessageNotify Read(Wire.MessageNotify wire, ref FieldReader fields) => new(
        fields.Sequence(wire.Sequence, "sequence", min: 1),
        fields.Id(wire.Id),
        fields.User(wire.From, "from"),
        fields.Instant(wire.AcceptedAt, "accepted_at"),
        fields.Body(wire.Content, wire.ContentType),
        wire.Redelivered);

    private static AckRequest Read(Wire.AckRequest wire, ref FieldReader fields) => new(
        fields.Epoch(wire.Epoch),
        fields.Sequence(wire.UpTo, "up_to", min: 1));

    private static AckAcknowledge Read(Wire.AckAcknowledge wire, ref FieldReader fields) => new(
        fields.Epoch(wire.Epoch),
        fields.Sequence(wire.UpTo, "up_to"));

    private static AckNotify Read(Wire.AckNotify wire, ref FieldReader fields) => new(
        fields.User(wire.By, "by"),
        fields.Ids(wire.Ids),
        fields.State(wire.State, min: MessageState.Stored));

    private static Hello Read(Wire.Hello wire, ref FieldReader fields) => new(
        fields.Token(wire.Token),
        fields.Device(wire.Device),
        fields.Connection(wire.Connection),
        new Epoch(wire.Epoch),
        fields.Sequence(wire.Cursor, "cursor"),
        fields.Count(wire.Window, "window"),
        fields.Count(wire.WindowBytes, "window_bytes"),
        fields.Start(wire.Start),
        fields.Line(wire.Software, "software", ProtocolLimits.SoftwareBytesMax));

    private static Welcome Read(Wire.Welcome wire, ref FieldReader fields)
    {
        var limits = fields.Limits(wire.Limits);
        var welcome = new Welcome(
            fields.User(wire.User, "user"),
            fields.Epoch(wire.Epoch),
            fields.Sequence(wire.FirstAvailable, "first_available", min: 1),
            fields.Sequence(wire.Last, "last"),
            fields.Sequence(wire.ResumeAfter, "resume_after"),
            fields.Instant(wire.ServerTime, "server_time"),
            new SessionLimits(
                fields.Count(limits.BodyBytesMax, "body_bytes_max", min: 1, max: ProtocolLimits.BodyBytesMaxCeiling),
                fields.Count(limits.RequestsInFlightMax, "requests_in_flight_max", min: 1),
                fields.Count(limits.WindowMax, "window_max", min: 1),
                fields.Duration(limits.Horizon, "horizon", ProtocolLimits.HorizonMax)));
        if (welcome.FirstAvailable - welcome.Last > 1)
        {
            fields.Refuse("first_available", "lies more than one after last");
        }

        return welcome;
    }

    private static StatusRequest Read(Wire.StatusRequest wire, ref FieldReader fields) => new(
        fields.User(wire.To, "to"),
        fields.Ids(wire.Ids));

    private static StatusAcknowledge Read(Wire.StatusAcknowledge wire, ref FieldReader fields) => new(
        fields.User(wire.To, "to"),
        fields.Statuses(wire.Statuses));

    private static Error Read(Wire.Error wire, ref FieldReader fields) => new(
        fields.Code(wire.Code),
        fields.Line(wire.Text, "text", ProtocolLimits.TextBytesMax),
        fields.Id(wire.Id),
        fields.User(wire.To, "to"),
        fields.Duration(wire.RetryAfter, "retry_after", ProtocolLimits.RetryAfterMax));

    private static Goodbye Read(Wire.Goodbye wire, ref FieldReader fields) => new(
        fields.Code(wire.Code),
        fields.Line(wire.Text, "text", ProtocolLimits.TextBytesMax),
        fields.Duration(wire.RetryAfter, "retry_after", ProtocolLimits.RetryAfterMax));
}
