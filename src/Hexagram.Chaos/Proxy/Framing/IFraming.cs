namespace Hexagram.Chaos.Proxy.Framing;

/// <summary>How packets lie in the bytes of one direction. Not thread-safe.</summary>
internal interface IFraming
{
    /// <summary>Looks at the bytes that come next; see <see cref="PacketScanner.Next"/>. Null: nothing more can be told of this stream.</summary>
    int? Next(ReadOnlySpan<byte> bytes, out PacketKind? begins);
}
