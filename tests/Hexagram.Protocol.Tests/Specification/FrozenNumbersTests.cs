using Google.Protobuf.Reflection;

namespace Hexagram.Protocol.Tests.Specification;

/// <summary>
/// What stands on the wire never changes its number, type or meaning (PROTOCOL §15). A new field is a new line here;
/// a changed or missing line breaks every client that exists.
/// </summary>
public class FrozenNumbersTests
{
    private const string Frozen = """
        Packet.message_request = 1 MessageRequest
        Packet.message_acknowledge = 2 MessageAcknowledge
        Packet.message_notify = 3 MessageNotify
        Packet.ack_request = 4 AckRequest
        Packet.ack_acknowledge = 5 AckAcknowledge
        Packet.ack_notify = 6 AckNotify
        Packet.hello = 7 Hello
        Packet.welcome = 8 Welcome
        Packet.status_request = 9 StatusRequest
        Packet.status_acknowledge = 10 StatusAcknowledge
        Packet.ping = 11 Ping
        Packet.pong = 12 Pong
        Packet.error = 13 Error
        Packet.goodbye = 14 Goodbye
        MessageRequest.id = 1 Bytes
        MessageRequest.to = 2 String
        MessageRequest.content = 3 Bytes
        MessageRequest.content_type = 4 String
        MessageAcknowledge.id = 1 Bytes
        MessageAcknowledge.accepted_at = 2 UInt64
        MessageNotify.sequence = 1 UInt64
        MessageNotify.id = 2 Bytes
        MessageNotify.from = 3 String
        MessageNotify.accepted_at = 4 UInt64
        MessageNotify.content = 5 Bytes
        MessageNotify.content_type = 6 String
        MessageNotify.redelivered = 7 Bool
        AckRequest.epoch = 1 Fixed64
        AckRequest.up_to = 2 UInt64
        AckAcknowledge.epoch = 1 Fixed64
        AckAcknowledge.up_to = 2 UInt64
        AckNotify.by = 1 String
        AckNotify.ids = 2 Bytes, repeated
        AckNotify.state = 3 MessageState
        Hello.token = 1 String
        Hello.device = 2 String
        Hello.connection = 3 UInt64
        Hello.epoch = 4 Fixed64
        Hello.cursor = 5 UInt64
        Hello.window = 6 UInt32
        Hello.window_bytes = 7 UInt32
        Hello.start = 8 StreamStart
        Hello.software = 9 String
        Welcome.user = 1 String
        Welcome.epoch = 2 Fixed64
        Welcome.first_available = 3 UInt64
        Welcome.last = 4 UInt64
        Welcome.resume_after = 5 UInt64
        Welcome.server_time = 6 UInt64
        Welcome.limits = 7 SessionLimits
        SessionLimits.body_bytes_max = 1 UInt32
        SessionLimits.requests_in_flight_max = 2 UInt32
        SessionLimits.window_max = 3 UInt32
        SessionLimits.horizon = 4 UInt64
        StatusRequest.to = 1 String
        StatusRequest.ids = 2 Bytes, repeated
        StatusAcknowledge.to = 1 String
        StatusAcknowledge.statuses = 2 MessageStatus, repeated
        MessageStatus.id = 1 Bytes
        MessageStatus.state = 2 MessageState
        MessageStatus.forgotten = 3 Bool
        Error.code = 1 ErrorCode
        Error.text = 2 String
        Error.id = 3 Bytes
        Error.to = 4 String
        Error.retry_after = 5 UInt32
        Goodbye.code = 1 ErrorCode
        Goodbye.text = 2 String
        Goodbye.retry_after = 3 UInt32
        MESSAGE_STATE_WAITING = 0
        MESSAGE_STATE_ACCEPTED = 1
        MESSAGE_STATE_STORED = 2
        MESSAGE_STATE_DELIVERED = 3
        STREAM_START_OLDEST = 0
        STREAM_START_LATEST = 1
        ERROR_CODE_NONE = 0
        ERROR_CODE_RESTARTING = 1000
        ERROR_CODE_STORE_UNAVAILABLE = 1001
        ERROR_CODE_IDLE = 1002
        ERROR_CODE_SLOW_READER = 1003
        ERROR_CODE_HELLO_TIMEOUT = 1004
        ERROR_CODE_TOO_MANY_SESSIONS = 1005
        ERROR_CODE_RESYNCHRONIZE = 1006
        ERROR_CODE_AUTHENTICATOR_UNAVAILABLE = 1007
        ERROR_CODE_MAILBOX_FULL = 1100
        ERROR_CODE_SENDER_QUOTA = 1101
        ERROR_CODE_NEW_MAILBOX_QUOTA = 1102
        ERROR_CODE_DISK_RESERVE = 1103
        ERROR_CODE_AUTHORIZER_UNAVAILABLE = 1104
        ERROR_CODE_AUTHENTICATE = 2000
        ERROR_CODE_TOKEN_INVALID = 2001
        ERROR_CODE_PROTOCOL_VIOLATION = 3000
        ERROR_CODE_PACKET_TOO_LARGE = 3001
        ERROR_CODE_PACKET_UNKNOWN = 3002
        ERROR_CODE_SUPERSEDED = 3003
        ERROR_CODE_CURSOR_AHEAD = 3004
        ERROR_CODE_TOO_MANY_DEVICES = 3005
        ERROR_CODE_BODY_TOO_LARGE = 3100
        ERROR_CODE_FORBIDDEN = 3101
        ERROR_CODE_CONFLICT = 3102
        ERROR_CODE_EXPIRED = 3103
        ERROR_CODE_CLOCK_SKEW = 3104
        """;

    [Fact]
    public void Numbers_and_types_on_the_wire_are_frozen()
    {
        var file = Wire.HexagramReflection.Descriptor;
        var now = file.MessageTypes
            .SelectMany(message => message.Fields.InDeclarationOrder().Select(field => $"{message.Name}.{field.Name} = {field.FieldNumber} {Type(field)}"))
            .Concat(file.EnumTypes.SelectMany(type => type.Values.Select(value => $"{value.Name} = {value.Number}")));

        Assert.Equal("hexagram.v1", file.Package);
        Assert.Equal(Frozen.Split('\n'), now);
    }

    private static string Type(FieldDescriptor field)
    {
        var type = field.FieldType switch
        {
            FieldType.Message => field.MessageType.Name,
            FieldType.Enum => field.EnumType.Name,
            var scalar => scalar.ToString(),
        };
        return field.IsRepeated ? $"{type}, repeated" : type;
    }
}
