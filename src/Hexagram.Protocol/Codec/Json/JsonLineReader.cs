namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// Reads the six lines, Ping and Pong straight from their text, as <c>JSON.stringify</c> and our own writer lay it out: without white space,
/// members in the order of the contract, no name escaped. Whatever else JSON allows, whatever a newer peer adds and whatever is wrong is left to
/// <see cref="JsonPacketReader"/>, which knows all of it: what is read here is exactly what is read there. A test compares the two.
/// </summary>
internal static class JsonLineReader
{
    /// <summary>The packet, or null when its text is not the usual one.</summary>
    internal static Packet? Read(ReadOnlySpan<byte> json)
    {
        var fields = new JsonLineFields(json);
        Packet? packet = fields.Kind() switch
        {
            1 => new MessageRequest(fields.Id(), fields.User(",\"to\":\""u8), fields.Body()),
            2 => new MessageAcknowledge(fields.Id(), fields.Instant()),
            3 => new MessageNotify(fields.Sequence(",\"sequence\":"u8, min: 1), fields.Id(), fields.User(",\"from\":\""u8), fields.Instant(), fields.Body(), fields.Redelivered()),
            4 => new AckRequest(fields.Epoch(), fields.Sequence(",\"upTo\":"u8, min: 1)),
            5 => new AckAcknowledge(fields.Epoch(), fields.Sequence(",\"upTo\":"u8, min: 0)),
            6 => new AckNotify(fields.User(",\"by\":\""u8), fields.Ids(), fields.Report()),
            11 => Ping.Instance,
            12 => Pong.Instance,
            _ => null,
        };
        return fields.AreUsual ? packet : null;
    }
}
