using System.Buffers;
using System.Diagnostics;
using Google.Protobuf;
using Kind = Hexagram.Protocol.Wire.Packet.KindOneofCase;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// The JSON text of those packets that are rare, out of their protobuf form, in which <see cref="PacketWriter"/> has checked and cut
/// everything. Members stand in the order of the contract.
/// </summary>
internal static class JsonWireWriter
{
    internal static void Write(Wire.Packet wire, IBufferWriter<byte> output)
    {
        var json = new JsonOutput(output);
        switch (wire.KindCase)
        {
            case Kind.Hello:
                Write(wire.Hello, ref json);
                break;
            case Kind.Welcome:
                Write(wire.Welcome, ref json);
                break;
            case Kind.StatusRequest:
                Write(wire.StatusRequest, ref json);
                break;
            case Kind.StatusAcknowledge:
                Write(wire.StatusAcknowledge, ref json);
                break;
            case Kind.Error:
                Write(wire.Error, ref json);
                break;
            case Kind.Goodbye:
                Write(wire.Goodbye, ref json);
                break;
            default:
                throw new UnreachableException($"A valid {wire.KindCase} has a writer of its own.");
        }

        json.Send();
    }

    private static void Write(Wire.Hello packet, ref JsonOutput json)
    {
        json.Raw("{\"kind\":\"hello\",\"token\":\""u8);
        json.Text(packet.Token);
        json.Raw("\",\"device\":\""u8);
        json.Text(packet.Device);
        json.Raw("\",\"connection\":"u8);
        json.Number((long)packet.Connection);
        json.Raw(",\"epoch\":\""u8);
        json.Epoch(packet.Epoch);
        json.Raw("\",\"cursor\":"u8);
        json.Number((long)packet.Cursor);
        json.Raw(",\"window\":"u8);
        json.Number(packet.Window);
        json.Raw(",\"windowBytes\":"u8);
        json.Number(packet.WindowBytes);
        json.Raw(",\"start\":\""u8);
        json.Raw(JsonWords.Of(packet.Start));
        json.Raw("\",\"software\":\""u8);
        json.Text(packet.Software);
        json.Raw("\"}"u8);
    }

    private static void Write(Wire.Welcome packet, ref JsonOutput json)
    {
        json.Raw("{\"kind\":\"welcome\",\"user\":\""u8);
        json.Text(packet.User);
        json.Raw("\",\"epoch\":\""u8);
        json.Epoch(packet.Epoch);
        json.Raw("\",\"firstAvailable\":"u8);
        json.Number((long)packet.FirstAvailable);
        json.Raw(",\"last\":"u8);
        json.Number((long)packet.Last);
        json.Raw(",\"resumeAfter\":"u8);
        json.Number((long)packet.ResumeAfter);
        json.Raw(",\"serverTime\":\""u8);
        json.Instant(DateTimeOffset.FromUnixTimeMilliseconds((long)packet.ServerTime));
        json.Raw("\",\"limits\":{\"bodyBytesMax\":"u8);
        json.Number(packet.Limits.BodyBytesMax);
        json.Raw(",\"requestsInFlightMax\":"u8);
        json.Number(packet.Limits.RequestsInFlightMax);
        json.Raw(",\"windowMax\":"u8);
        json.Number(packet.Limits.WindowMax);
        json.Raw(",\"horizonMilliseconds\":"u8);
        json.Number((long)packet.Limits.Horizon);
        json.Raw("}}"u8);
    }

    private static void Write(Wire.StatusRequest packet, ref JsonOutput json)
    {
        json.Raw("{\"kind\":\"status:R\",\"to\":\""u8);
        json.Text(packet.To);
        for (var i = 0; i < packet.Ids.Count; i++)
        {
            json.Raw(i == 0 ? "\",\"ids\":[\""u8 : "\",\""u8);
            Write(packet.Ids[i], ref json);
        }

        json.Raw("\"]}"u8);
    }

    private static void Write(Wire.StatusAcknowledge packet, ref JsonOutput json)
    {
        json.Raw("{\"kind\":\"status:A\",\"to\":\""u8);
        json.Text(packet.To);
        for (var i = 0; i < packet.Statuses.Count; i++)
        {
            var status = packet.Statuses[i];
            json.Raw(i == 0 ? "\",\"statuses\":[{\"id\":\""u8 : ",{\"id\":\""u8);
            Write(status.Id, ref json);
            json.Raw("\",\"state\":\""u8);
            json.Raw(JsonWords.Of(status.State));
            json.Raw(status.Forgotten ? "\",\"forgotten\":true}"u8 : "\"}"u8);
        }

        json.Raw("]}"u8);
    }

    private static void Write(Wire.Error packet, ref JsonOutput json)
    {
        json.Raw("{\"kind\":\"error\",\"code\":"u8);
        json.Number((int)packet.Code);
        json.Raw(",\"text\":\""u8);
        json.Text(packet.Text);
        json.Raw("\",\"id\":\""u8);
        Write(packet.Id, ref json);
        json.Raw("\",\"to\":\""u8);
        json.Text(packet.To);
        json.Raw("\""u8);
        WriteEnd(packet.RetryAfter, ref json);
    }

    private static void Write(Wire.Goodbye packet, ref JsonOutput json)
    {
        json.Raw("{\"kind\":\"goodbye\",\"code\":"u8);
        json.Number((int)packet.Code);
        json.Raw(",\"text\":\""u8);
        json.Text(packet.Text);
        json.Raw("\""u8);
        WriteEnd(packet.RetryAfter, ref json);
    }

    private static void WriteEnd(uint retryAfter, ref JsonOutput json)
    {
        if (retryAfter != 0)
        {
            json.Raw(",\"retryAfterMilliseconds\":"u8);
            json.Number(retryAfter);
        }

        json.Raw("}"u8);
    }

    private static void Write(ByteString id, ref JsonOutput json)
    {
        if (!MessageId.TryRead(id.Span, out var value))
        {
            throw new UnreachableException("An id that was a message id is none.");
        }

        json.Id(value);
    }
}
