using Hexagram.Protocol;

namespace Hexagram.Client.Connections;

/// <summary>Why a connection, or the attempt to make one, has ended.</summary>
/// <param name="Code">What the server said; <see cref="ErrorCode.None"/> when it said nothing.</param>
/// <param name="Reason">For people.</param>
/// <param name="RetryAfter">How long the server wants to be left alone at the least.</param>
internal sealed record ConnectionEnd(ErrorCode Code, string Reason, TimeSpan RetryAfter)
{
    /// <summary>Set when the client is not to go on by itself, whatever the code.</summary>
    internal StopCause? Stop { get; init; }

    /// <summary>The client wants another connection at once.</summary>
    internal bool AtOnce { get; init; }

    /// <summary>The client's own reason, or the network's.</summary>
    internal static ConnectionEnd Ours(string reason) => new(ErrorCode.None, reason, TimeSpan.Zero);

    internal static ConnectionEnd Said(Goodbye goodbye) =>
        new(goodbye.Code, goodbye.Text.Length > 0 ? goodbye.Text : goodbye.Code.ToString(), goodbye.RetryAfter);
}
