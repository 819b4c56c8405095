using Hexagram.Protocol;

namespace Hexagram.Client;

/// <summary>How a client stands with its server. One of the cases below; nothing is lost in any of them.</summary>
public abstract record ConnectionState
{
    private ConnectionState()
    {
    }

    /// <summary>It is making a connection.</summary>
    public sealed record Connecting : ConnectionState;

    /// <summary>The server has welcomed it.</summary>
    /// <param name="User">Who the server says this client is.</param>
    public sealed record Connected(UserId User) : ConnectionState;

    /// <summary>The connection has ended, and the next attempt is due.</summary>
    /// <param name="RetryAt">When, by this device's clock.</param>
    /// <param name="Reason">Why the last one ended, for people.</param>
    /// <param name="Code">What the server said, or <see cref="ErrorCode.None"/> when it said nothing.</param>
    public sealed record Waiting(DateTimeOffset RetryAt, string Reason, ErrorCode Code) : ConnectionState;

    /// <summary>It does not connect again by itself; <see cref="HexagramClient.Reconnect"/> makes it.</summary>
    /// <param name="Cause">Why.</param>
    /// <param name="Reason">The same in words, with what to do.</param>
    /// <param name="Code">What the server said, or <see cref="ErrorCode.None"/> when it said nothing.</param>
    public sealed record Stopped(StopCause Cause, string Reason, ErrorCode Code) : ConnectionState;
}

/// <summary>Why a client has stopped.</summary>
public enum StopCause
{
    /// <summary>It was disposed of.</summary>
    Disposed,

    /// <summary>A newer connection of the same device has taken over: another copy of this store is in use.</summary>
    Superseded,

    /// <summary>The server does not accept the token, and no <see cref="HexagramClientOptions.TokenProvider"/> can give another.</summary>
    TokenRefused,

    /// <summary>The server says that trying again cannot help.</summary>
    Refused,

    /// <summary>The server knows this client as another user than the one its store belongs to.</summary>
    OtherUser,

    /// <summary>The client found a mistake in itself, and does not go on with what may be wrong.</summary>
    Defect,
}
