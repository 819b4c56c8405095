using System.Buffers;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// Writes the six lines, Ping and Pong straight into the output, byte for byte as <see cref="GeneratedForm"/> would. What is large, and
/// what no reader accepts, is left to that: so the refusals have one place and one wording. A test compares the two.
/// </summary>
internal static class LineWriter
{
    // Half of what a pipe usually hands out at a time. Asking for more at once leaves too much of the last piece unused, and the copying
    // of a larger body outweighs everything saved here.
    private const int ContentBytesMax = 2_048;

    /// <summary>False when the packet is none for this short way; nothing is written then.</summary>
    internal static bool TryWrite(Packet packet, IBufferWriter<byte> output) => packet switch
    {
        MessageRequest it => TryWrite(it, output),
        MessageAcknowledge it => TryWrite(it, output),
        MessageNotify it => TryWrite(it, output),
        AckRequest it => TryWriteConfirmation(4, it.Epoch, it.UpTo, min: 1, output),
        AckAcknowledge it => TryWriteConfirmation(5, it.Epoch, it.UpTo, min: 0, output),
        AckNotify it => TryWrite(it, output),
        Ping => TryWriteEmpty(11, output),
        Pong => TryWriteEmpty(12, output),
        _ => false,
    };

    private static bool TryWrite(MessageRequest packet, IBufferWriter<byte> output)
    {
        var body = packet.Body;
        if (packet.Id == default || !LineSpan.TryMeasure(packet.To, out var toBytes) || body.Content.Length > ContentBytesMax)
        {
            return false;
        }

        var bytes = LineSpan.IdBytes + LineSpan.BytesOf(toBytes) + LineSpan.BytesOf(body.Content.Length) + LineSpan.BytesOf(body.ContentType?.Length ?? 0);
        var line = new LineSpan(1, bytes, output);
        line.Id(1, packet.Id);
        line.User(2, packet.To, toBytes);
        line.Body(3, 4, body);
        line.Send(output);
        return true;
    }

    private static bool TryWrite(MessageAcknowledge packet, IBufferWriter<byte> output)
    {
        var acceptedAt = packet.AcceptedAt.ToUnixTimeMilliseconds();
        if (packet.Id == default || acceptedAt < 0)
        {
            return false;
        }

        var line = new LineSpan(2, LineSpan.IdBytes + LineSpan.BytesOfNumber(acceptedAt), output);
        line.Id(1, packet.Id);
        line.Number(2, acceptedAt);
        line.Send(output);
        return true;
    }

    private static bool TryWrite(MessageNotify packet, IBufferWriter<byte> output)
    {
        var body = packet.Body;
        var acceptedAt = packet.AcceptedAt.ToUnixTimeMilliseconds();
        if (packet.Id == default
            || !IsNumber(packet.Sequence.Value, min: 1)
            || acceptedAt < 0
            || !LineSpan.TryMeasure(packet.From, out var fromBytes)
            || body.Content.Length > ContentBytesMax)
        {
            return false;
        }

        var bytes = LineSpan.BytesOfNumber(packet.Sequence.Value)
            + LineSpan.IdBytes
            + LineSpan.BytesOf(fromBytes)
            + LineSpan.BytesOfNumber(acceptedAt)
            + LineSpan.BytesOf(body.Content.Length)
            + LineSpan.BytesOf(body.ContentType?.Length ?? 0)
            + LineSpan.BytesOfNumber(packet.Redelivered ? 1 : 0);
        var line = new LineSpan(3, bytes, output);
        line.Number(1, packet.Sequence.Value);
        line.Id(2, packet.Id);
        line.User(3, packet.From, fromBytes);
        line.Number(4, acceptedAt);
        line.Body(5, 6, body);
        line.Number(7, packet.Redelivered ? 1 : 0);
        line.Send(output);
        return true;
    }

    private static bool TryWriteConfirmation(int kind, Epoch epoch, Sequence upTo, long min, IBufferWriter<byte> output)
    {
        if (epoch == Epoch.None || !IsNumber(upTo.Value, min))
        {
            return false;
        }

        var line = new LineSpan(kind, LineSpan.EpochBytes + LineSpan.BytesOfNumber(upTo.Value), output);
        line.Epoch(1, epoch);
        line.Number(2, upTo.Value);
        line.Send(output);
        return true;
    }

    private static bool TryWrite(AckNotify packet, IBufferWriter<byte> output)
    {
        var ids = packet.Ids;
        var count = ids.Count;
        if (count is 0 or > ContentBytesMax / LineSpan.IdBytes
            || packet.State is not (MessageState.Stored or MessageState.Delivered)
            || !LineSpan.TryMeasure(packet.By, out var byBytes))
        {
            return false;
        }

        var line = new LineSpan(6, LineSpan.BytesOf(byBytes) + (count * LineSpan.IdBytes) + LineSpan.BytesOfNumber((long)packet.State), output);
        line.User(1, packet.By, byBytes);
        for (var i = 0; i < count; i++)
        {
            var id = ids[i];
            if (id == default)
            {
                // Nothing is written before it is sent.
                return false;
            }

            line.Id(2, id);
        }

        line.Number(3, (long)packet.State);
        line.Send(output);
        return true;
    }

    private static bool TryWriteEmpty(int kind, IBufferWriter<byte> output)
    {
        new LineSpan(kind, 0, output).Send(output);
        return true;
    }

    private static bool IsNumber(long value, long min) => value >= min && value <= ProtocolLimits.NumberMax;
}
