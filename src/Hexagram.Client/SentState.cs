namespace Hexagram.Client;

/// <summary>Where a message of one's own stands. The first four only rise; the last two are final.</summary>
public enum SentState
{
    /// <summary>In the outbox; the server has not answered for it.</summary>
    Waiting = 0,

    /// <summary>On the server's disk.</summary>
    Accepted = 1,

    /// <summary>On the server's disk, and the recipient was away at that moment.</summary>
    Stored = 2,

    /// <summary>A device of the recipient has committed it.</summary>
    Delivered = 3,

    /// <summary>The server will not take it, or can no longer tell what became of it; see <see cref="MessageRefusedException.Code"/>.</summary>
    Refused = 4,

    /// <summary>The application cancelled it; see the outcome of <see cref="HexagramClient.CancelAsync"/> for how certain that is.</summary>
    Cancelled = 5,
}
