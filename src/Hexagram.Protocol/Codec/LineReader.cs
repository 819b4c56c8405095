namespace Hexagram.Protocol.Codec;

/// <summary>
/// Reads the six lines, Ping and Pong straight from their bytes, as every writer in use lays them out: one kind, its fields once each
/// and in the order of their numbers. Whatever else protobuf allows, whatever a newer peer adds and whatever is wrong is left to
/// <see cref="GeneratedForm"/>, which knows all of it: so a fault has one place and one wording, and what is read here is
/// exactly what is read there. A test compares the two.
/// </summary>
internal static class LineReader
{
    /// <summary>The packet, or null when its form is not the usual one.</summary>
    internal static Packet? Read(ReadOnlySpan<byte> bytes)
    {
        var fields = new LineFields(bytes);
        Packet? packet = fields.Kind() switch
        {
            1 => new MessageRequest(fields.Id(1), fields.User(2), fields.Body(3, 4)),
            2 => new MessageAcknowledge(fields.Id(1), fields.Instant(2)),
            3 => new MessageNotify(fields.Sequence(1, min: 1), fields.Id(2), fields.User(3), fields.Instant(4), fields.Body(5, 6), fields.Flag(7)),
            4 => new AckRequest(fields.Epoch(1), fields.Sequence(2, min: 1)),
            5 => new AckAcknowledge(fields.Epoch(1), fields.Sequence(2, min: 0)),
            6 => new AckNotify(fields.User(1), fields.Ids(2), fields.Report(3)),
            11 => Ping.Instance,
            12 => Pong.Instance,
            _ => null,
        };
        return fields.AreUsual ? packet : null;
    }
}
