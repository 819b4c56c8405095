namespace Hexagram.Protocol.Polling;

/// <summary>The body of <c>POST /v1/poll</c> (PROTOCOL §14.1).</summary>
/// <param name="Hello">As on any connection, with an empty token: that stands in a header. Its cursor is an ack:R.</param>
public sealed record PollRequest(Hello Hello)
{
    /// <summary>The highest entry that this connection has brought already; null: the cursor.</summary>
    public Sequence? Received { get; init; }

    /// <summary>How long the server may wait for something to say; null: what it does by itself.</summary>
    public TimeSpan? Hold { get; init; }

    /// <summary>The last poll of this connection: it is not held, and leaves no lease.</summary>
    public bool Leaves { get; init; }
}
