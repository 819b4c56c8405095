using System.Text.Json;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// From JSON text to the packet by way of its protobuf form, which <see cref="PacketReader"/> checks: what the JSON form
/// refuses beyond its own spelling is exactly what the binary form refuses. Reads whatever PROTOCOL §3.5 allows, in any order.
/// </summary>
internal static class JsonPacketReader
{
    internal static PacketReadResult Read(ReadOnlySpan<byte> json)
    {
        if (!JsonMembers.IsWellFormed(json))
        {
            return Violation($"A packet is not one JSON object in UTF-8, or is nested deeper than {ProtocolLimits.JsonDepthMax}.");
        }

        var members = new JsonMembers(json);
        if (members.Repeats(JsonMember.Kind) || (members.Has(JsonMember.Kind) && members.Type(JsonMember.Kind) != JsonTokenType.String))
        {
            return Violation("The kind of a packet stands there twice or is not a text.");
        }

        if (!members.Has(JsonMember.Kind) || !JsonFields.TryUnescape(members.Json(JsonMember.Kind), out var word) || !JsonWords.TryReadKind(word, out var name))
        {
            return new(null, ErrorCode.PacketUnknown, "A packet is of no kind, or of one that this version does not know.");
        }

        var wire = Read(name, members, out var fault);
        var packet = fault is null ? PacketReader.Read(wire, out fault) : null;
        return packet is null ? Violation(fault!) : new(packet, ErrorCode.None, null);
    }

    private static PacketReadResult Violation(string words) => new(null, ErrorCode.ProtocolViolation, words);

    private static Wire.Packet Read(string kind, in JsonMembers members, out string? fault)
    {
        var fields = new JsonFields(kind, members);
        Wire.Packet wire = kind switch
        {
            "msg:R" => new() { MessageRequest = MessageRequest(ref fields) },
            "msg:A" => new() { MessageAcknowledge = new() { Id = fields.Id(), AcceptedAt = fields.Instant(JsonMember.AcceptedAt) } },
            "msg:N" => new() { MessageNotify = MessageNotify(ref fields) },
            "ack:R" => new() { AckRequest = new() { Epoch = fields.Epoch(), UpTo = fields.Number(JsonMember.UpTo) } },
            "ack:A" => new() { AckAcknowledge = new() { Epoch = fields.Epoch(), UpTo = fields.Number(JsonMember.UpTo) } },
            "ack:N" => new() { AckNotify = new() { By = fields.Text(JsonMember.By), Ids = { fields.Ids() }, State = fields.State() } },
            "hello" => new() { Hello = Hello(ref fields) },
            "welcome" => new() { Welcome = Welcome(ref fields) },
            "status:R" => new() { StatusRequest = new() { To = fields.Text(JsonMember.To), Ids = { fields.Ids() } } },
            "status:A" => new() { StatusAcknowledge = new() { To = fields.Text(JsonMember.To), Statuses = { fields.Statuses() } } },
            "ping" => new() { Ping = new() },
            "pong" => new() { Pong = new() },
            "error" => new() { Error = Error(ref fields) },
            _ => new() { Goodbye = Goodbye(ref fields) },
        };
        fault = fields.Fault;
        return wire;
    }

    private static Wire.MessageRequest MessageRequest(ref JsonFields fields)
    {
        var wire = new Wire.MessageRequest { Id = fields.Id(), To = fields.Text(JsonMember.To) };
        (wire.Content, wire.ContentType) = fields.Body();
        return wire;
    }

    private static Wire.MessageNotify MessageNotify(ref JsonFields fields)
    {
        var wire = new Wire.MessageNotify
        {
            Sequence = fields.Number(JsonMember.Sequence),
            Id = fields.Id(),
            From = fields.Text(JsonMember.From),
            AcceptedAt = fields.Instant(JsonMember.AcceptedAt),
            Redelivered = fields.Flag(JsonMember.Redelivered),
        };
        (wire.Content, wire.ContentType) = fields.Body();
        return wire;
    }

    private static Wire.Hello Hello(ref JsonFields fields) => new()
    {
        Token = fields.Text(JsonMember.Token),
        Device = fields.Text(JsonMember.Device),
        Connection = fields.Number(JsonMember.Connection),
        Epoch = fields.Epoch(),
        Cursor = fields.Number(JsonMember.Cursor),
        Window = fields.Count(JsonMember.Window),
        WindowBytes = fields.Count(JsonMember.WindowBytes),
        Start = fields.Start(),
        Software = fields.Text(JsonMember.Software),
    };

    private static Wire.Welcome Welcome(ref JsonFields fields) => new()
    {
        User = fields.Text(JsonMember.User),
        Epoch = fields.Epoch(),
        FirstAvailable = fields.Number(JsonMember.FirstAvailable),
        Last = fields.Number(JsonMember.Last),
        ResumeAfter = fields.Number(JsonMember.ResumeAfter),
        ServerTime = fields.Instant(JsonMember.ServerTime),
        Limits = fields.Limits(),
    };

    private static Wire.Error Error(ref JsonFields fields) => new()
    {
        Code = fields.Code(),
        Text = fields.Text(JsonMember.Text),
        Id = fields.Id(),
        To = fields.Text(JsonMember.To),
        RetryAfter = fields.RetryAfter(),
    };

    private static Wire.Goodbye Goodbye(ref JsonFields fields) => new()
    {
        Code = fields.Code(),
        Text = fields.Text(JsonMember.Text),
        RetryAfter = fields.RetryAfter(),
    };
}
