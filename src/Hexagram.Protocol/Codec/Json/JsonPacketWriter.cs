using System.Buffers;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// From the packet to its JSON text. The six lines, Ping and Pong are laid straight into the output; the rare ones, and all that no reader accepts,
/// go by way of <see cref="PacketWriter"/>: so the refusals have one place and one wording in both forms.
/// </summary>
internal static class JsonPacketWriter
{
    /// <exception cref="ArgumentException">The packet holds something that no reader accepts; nothing is written.</exception>
    internal static void Write(Packet packet, IBufferWriter<byte> output)
    {
        switch (packet)
        {
            case MessageRequest it when IsSet(it.Id) && IsSet(it.To):
                Write(it, output);
                break;
            case MessageAcknowledge it when IsSet(it.Id) && IsTime(it.AcceptedAt):
                Write(it, output);
                break;
            case MessageNotify it when IsSet(it.Id) && IsSet(it.From) && IsNumber(it.Sequence, min: 1) && IsTime(it.AcceptedAt):
                Write(it, output);
                break;
            case AckRequest it when it.Epoch != Epoch.None && IsNumber(it.UpTo, min: 1):
                WriteConfirmation("{\"kind\":\"ack:R\",\"epoch\":\""u8, it.Epoch, it.UpTo, output);
                break;
            case AckAcknowledge it when it.Epoch != Epoch.None && IsNumber(it.UpTo, min: 0):
                WriteConfirmation("{\"kind\":\"ack:A\",\"epoch\":\""u8, it.Epoch, it.UpTo, output);
                break;
            case AckNotify it when IsSet(it.By) && it.State is MessageState.Stored or MessageState.Delivered && AreSet(it.Ids):
                Write(it, output);
                break;
            case Ping:
                output.Write("""{"kind":"ping"}"""u8);
                break;
            case Pong:
                output.Write("""{"kind":"pong"}"""u8);
                break;
            default:
                JsonWireWriter.Write(PacketWriter.Write(packet), output);
                break;
        }
    }

    private static void Write(MessageRequest packet, IBufferWriter<byte> output)
    {
        var json = new JsonOutput(output);
        json.Raw("{\"kind\":\"msg:R\",\"id\":\""u8);
        json.Id(packet.Id);
        json.Raw("\",\"to\":\""u8);
        json.User(packet.To);
        json.Body(packet.Body);
        json.Raw("}"u8);
        json.Send();
    }

    private static void Write(MessageAcknowledge packet, IBufferWriter<byte> output)
    {
        var json = new JsonOutput(output);
        json.Raw("{\"kind\":\"msg:A\",\"id\":\""u8);
        json.Id(packet.Id);
        json.Raw("\",\"acceptedAt\":\""u8);
        json.Instant(packet.AcceptedAt);
        json.Raw("\"}"u8);
        json.Send();
    }

    private static void Write(MessageNotify packet, IBufferWriter<byte> output)
    {
        var json = new JsonOutput(output);
        json.Raw("{\"kind\":\"msg:N\",\"sequence\":"u8);
        json.Number(packet.Sequence.Value);
        json.Raw(",\"id\":\""u8);
        json.Id(packet.Id);
        json.Raw("\",\"from\":\""u8);
        json.User(packet.From);
        json.Raw("\",\"acceptedAt\":\""u8);
        json.Instant(packet.AcceptedAt);
        json.Body(packet.Body);
        if (packet.Redelivered)
        {
            json.Raw(",\"redelivered\":true"u8);
        }

        json.Raw("}"u8);
        json.Send();
    }

    private static void WriteConfirmation(ReadOnlySpan<byte> start, Epoch epoch, Sequence upTo, IBufferWriter<byte> output)
    {
        var json = new JsonOutput(output);
        json.Raw(start);
        json.Epoch(epoch.Value);
        json.Raw("\",\"upTo\":"u8);
        json.Number(upTo.Value);
        json.Raw("}"u8);
        json.Send();
    }

    private static void Write(AckNotify packet, IBufferWriter<byte> output)
    {
        var json = new JsonOutput(output);
        json.Raw("{\"kind\":\"ack:N\",\"by\":\""u8);
        json.User(packet.By);
        var ids = packet.Ids;
        for (var i = 0; i < ids.Count; i++)
        {
            json.Raw(i == 0 ? "\",\"ids\":[\""u8 : "\",\""u8);
            json.Id(ids[i]);
        }

        json.Raw(packet.State == MessageState.Delivered ? "\"],\"state\":\"delivered\"}"u8 : "\"],\"state\":\"stored\"}"u8);
        json.Send();
    }

    private static bool IsSet(MessageId id) => id != default;

    private static bool IsSet(UserId user) => user.Checked is not null;

    private static bool IsNumber(Sequence value, long min) => value.Value >= min && value.Value <= ProtocolLimits.NumberMax;

    private static bool IsTime(DateTimeOffset value) => value >= DateTimeOffset.UnixEpoch;

    private static bool AreSet(IReadOnlyList<MessageId> ids)
    {
        if (ids.Count is 0 or > ProtocolLimits.IdsPerPacketMax)
        {
            return false;
        }

        for (var i = 0; i < ids.Count; i++)
        {
            if (!IsSet(ids[i]))
            {
                return false;
            }
        }

        return true;
    }
}
