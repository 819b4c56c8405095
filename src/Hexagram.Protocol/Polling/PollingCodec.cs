using System.Buffers;
using Hexagram.Protocol.Codec.Json;

namespace Hexagram.Protocol.Polling;

/// <summary>The bodies of long polling's requests and answers (PROTOCOL §14): packets in the JSON form, in an object that says what they are for. Thread-safe.</summary>
public static class PollingCodec
{
    /// <summary>Packets in one answer: more than any server of ours says at a time.</summary>
    private const int PacketsMax = 1 << 20;

    /// <summary>Reads the body of a poll. Never throws, whatever the bytes.</summary>
    public static PollingReadResult<PollRequest> ReadPoll(ReadOnlySpan<byte> body)
    {
        var envelope = new Envelope("a poll", body);
        var hello = envelope.Packet<Hello>("hello");
        var received = envelope.Number("received");
        var hold = envelope.Number("holdMilliseconds");
        var leaves = envelope.Flag("leaves");
        if (hello?.Token.Length > 0)
        {
            envelope.Refuse(ErrorCode.ProtocolViolation, "has a token, which belongs into the header Authorization");
        }

        if (received < hello?.Cursor.Value)
        {
            envelope.Refuse(ErrorCode.ProtocolViolation, "has received less than it confirms");
        }

        return envelope.Fault is { } fault ? new(null, envelope.Code, fault) : new(
            new PollRequest(hello!)
            {
                Received = received is { } number ? new Sequence(number) : null,
                Hold = hold is { } milliseconds ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, (long)ProtocolLimits.HoldMax.TotalMilliseconds)) : null,
                Leaves = leaves,
            },
            ErrorCode.None,
            null);
    }

    /// <summary>Reads the body of <c>messages</c>. Never throws, whatever the bytes.</summary>
    public static PollingReadResult<MessagesRequest> ReadMessages(ReadOnlySpan<byte> body)
    {
        var envelope = new Envelope("messages", body);
        var requests = envelope.Packets<MessageRequest>("requests", ProtocolLimits.RequestsPerPostMax);
        var held = envelope.Packets<Error>("held", ProtocolLimits.RequestsPerPostMax);
        if (requests.Count == 0)
        {
            envelope.Refuse(ErrorCode.ProtocolViolation, "has no requests");
        }

        if (held.Any(error => error.Code.Remedy() != ErrorRemedy.RetryLater))
        {
            envelope.Refuse(ErrorCode.ProtocolViolation, "has an error in held that does not say to retry later");
        }

        return envelope.Fault is { } fault ? new(null, envelope.Code, fault) : new(new MessagesRequest(requests, held), ErrorCode.None, null);
    }

    /// <summary>Reads an answer that went well. Never throws, whatever the bytes.</summary>
    public static PollingReadResult<PollingAnswer> ReadAnswer(ReadOnlySpan<byte> body)
    {
        var envelope = new Envelope("an answer", body);
        var packets = envelope.Packets<Packet>("packets", PacketsMax);
        return envelope.Fault is { } fault ? new(null, envelope.Code, fault) : new(new PollingAnswer(packets), ErrorCode.None, null);
    }

    /// <summary>Reads a problem. Never throws, whatever the bytes.</summary>
    public static PollingReadResult<PollingAnswer> ReadProblem(ReadOnlySpan<byte> body)
    {
        var envelope = new Envelope("a problem", body);
        var code = envelope.Number("code");
        var detail = envelope.Text("detail");
        var retryAfter = envelope.Number("retryAfterMilliseconds");
        var packets = envelope.Packets<Packet>("packets", PacketsMax);
        if (code is null or <= 0 or > int.MaxValue)
        {
            envelope.Refuse(ErrorCode.ProtocolViolation, "has no code");
        }

        if (retryAfter > (long)ProtocolLimits.RetryAfterMax.TotalMilliseconds)
        {
            envelope.Refuse(ErrorCode.ProtocolViolation, "asks for too long a wait");
        }

        return envelope.Fault is { } fault ? new(null, envelope.Code, fault) : new(
            new PollingAnswer(packets, new Goodbye((ErrorCode)(int)code!, detail, TimeSpan.FromMilliseconds(retryAfter ?? 0))),
            ErrorCode.None,
            null);
    }

    /// <summary>Appends the body of a poll.</summary>
    public static void Write(PollRequest poll, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(poll);
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{\"hello\":"u8);
        JsonPacketCodec.Write(poll.Hello, output);
        if (poll.Received is { } received)
        {
            Write(",\"received\":"u8, received.Value, output);
        }

        if (poll.Hold is { } hold)
        {
            Write(",\"holdMilliseconds\":"u8, (long)hold.TotalMilliseconds, output);
        }

        output.Write(poll.Leaves ? ",\"leaves\":true}"u8 : "}"u8);
    }

    /// <summary>Appends the body of <c>messages</c>.</summary>
    public static void Write(MessagesRequest messages, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{\"requests\":["u8);
        Write(messages.Requests, output);
        if (messages.Held.Count > 0)
        {
            output.Write("],\"held\":["u8);
            Write(messages.Held, output);
        }

        output.Write("]}"u8);
    }

    /// <summary>Appends an answer that went well, around packets that are in their JSON form already, with commas between.</summary>
    public static void WriteAnswer(ReadOnlySpan<byte> packets, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{\"packets\":["u8);
        output.Write(packets);
        output.Write("]}"u8);
    }

    /// <summary>Appends a problem (RFC 9457), around packets that are in their JSON form already, with commas between.</summary>
    /// <param name="goodbye">What it says.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="packets">What was said before; left out when there is nothing.</param>
    /// <param name="output">Where to.</param>
    public static void WriteProblem(Goodbye goodbye, int status, ReadOnlySpan<byte> packets, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(goodbye);
        ArgumentNullException.ThrowIfNull(output);
        var json = new JsonOutput(output);
        json.Raw("{\"type\":\"urn:hexagram:error:"u8);
        json.Number((int)goodbye.Code);
        json.Raw("\",\"title\":\""u8);
        json.Text(goodbye.Code.ToString());
        json.Raw("\",\"status\":"u8);
        json.Number(status);
        json.Raw(",\"code\":"u8);
        json.Number((int)goodbye.Code);
        json.Raw(",\"detail\":\""u8);
        json.Text(goodbye.Text);
        json.Raw("\""u8);
        if (goodbye.RetryAfter > TimeSpan.Zero)
        {
            json.Raw(",\"retryAfterMilliseconds\":"u8);
            json.Number((long)goodbye.RetryAfter.TotalMilliseconds);
        }

        if (!packets.IsEmpty)
        {
            json.Raw(",\"packets\":["u8);
            json.Raw(packets);
            json.Raw("]"u8);
        }

        json.Raw("}"u8);
        json.Send();
    }

    private static void Write(IReadOnlyList<Packet> packets, IBufferWriter<byte> output)
    {
        for (var i = 0; i < packets.Count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            JsonPacketCodec.Write(packets[i], output);
        }
    }

    private static void Write(ReadOnlySpan<byte> name, long value, IBufferWriter<byte> output)
    {
        var json = new JsonOutput(output);
        json.Raw(name);
        json.Number(value);
        json.Send();
    }
}
