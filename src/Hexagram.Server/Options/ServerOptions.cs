using System.Net;
using Hexagram.Protocol;

namespace Hexagram.Server.Options;

/// <summary>Everything a Hexagram server can be told, in parts. Immutable: change it with <c>with</c>.</summary>
public sealed record ServerOptions
{
    /// <summary>Where it listens.</summary>
    public ListenerOptions Listen { get; init; } = new();

    /// <summary>TLS, if the server itself is to speak it.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>Which web pages may use it.</summary>
    public BrowserOptions Browsers { get; init; } = new();

    /// <summary>The clocks of a session.</summary>
    public SessionTimes Times { get; init; } = new();

    /// <summary>The bounds of a session.</summary>
    public SessionBounds Bounds { get; init; } = new();

    /// <summary>Clients that poll.</summary>
    public PollingOptions Polling { get; init; } = new();

    /// <summary>The router and its heartbeat.</summary>
    public RouterOptions Router { get; init; } = new();

    /// <summary>The other nodes, if there are any.</summary>
    public ClusterOptions Cluster { get; init; } = new();

    /// <summary>Who may connect, and who may write to whom.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>Who may read what it counts.</summary>
    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>How long a message id is remembered at the least, as Welcome tells it. More than zero; the store must be set to the same.</summary>
    public TimeSpan Horizon { get; init; } = ProtocolLimits.HorizonDefault;

    /// <summary>How often the store is asked to forget what its policy allows. More than zero.</summary>
    public TimeSpan ForgetEvery { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>Where a server listens. Loopback only, unless it is told otherwise.</summary>
public sealed record ListenerOptions
{
    /// <summary>The address and port of the binary protocol; port 0 takes a free one.</summary>
    public IPEndPoint Tcp { get; init; } = new(IPAddress.Loopback, 7000);

    /// <summary>The address and port of HTTP (WebSocket, long polling, health); port 0 takes a free one. Null: none.</summary>
    public IPEndPoint? Http { get; init; } = new(IPAddress.Loopback, 7080);

    /// <summary>Whether an address that other machines can reach is allowed. Without <see cref="ServerOptions.Tls"/> the traffic is not encrypted.</summary>
    public bool AllowRemote { get; init; }
}

/// <summary>The clocks of a session (PROTOCOL §4, §9). All more than zero.</summary>
public sealed record SessionTimes
{
    /// <summary>How long a new connection may take for its TLS handshake or its first request over HTTP, and then to say Hello.</summary>
    public TimeSpan HelloTimeout { get; init; } = ProtocolLimits.HelloTimeout;

    /// <summary>How long the server may take from Hello to Welcome: after so long a client goes away by itself.</summary>
    public TimeSpan OpeningTimeout { get; init; } = ProtocolLimits.AnswerTimeout;

    /// <summary>After so long without a byte the client is asked whether it is there.</summary>
    public TimeSpan PingAfter { get; init; } = ProtocolLimits.PingAfter;

    /// <summary>After so long without a byte, or with a write that does not get on, the session ends. More than <see cref="PingAfter"/>.</summary>
    public TimeSpan SilenceMax { get; init; } = ProtocolLimits.SilenceMax;

    /// <summary>What a retry-later answer tells the client to wait. At most a day.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection is kept after Goodbye so that the client can read it.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a stopping server waits for what is under way. Under 5 s, so that it has ended by then.</summary>
    public TimeSpan DrainMax { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>The bounds of sessions: memory, and what one client may ask of the others' share.</summary>
public sealed record SessionBounds
{
    /// <summary>Connections at a time, also those that have not said Hello. Beyond: <c>TooManySessions</c>.</summary>
    public int SessionsMax { get; init; } = 100_000;

    /// <summary>
    /// Connections at a time that have not said Hello; those that are in their TLS handshake, or have asked nothing over HTTP, included. Beyond, the one that has kept the server waiting the longest makes room for the new one:
    /// <c>HelloTimeout</c>. So whoever says Hello at once gets in, however many others say nothing.
    /// </summary>
    public int WithoutHelloMax { get; init; } = 10_000;

    /// <summary>Sessions of one user at a time, whatever their windows. Beyond: <c>TooManySessions</c> for the new one, unless it supersedes one.</summary>
    public int SessionsPerUserMax { get; init; } = 64;

    /// <summary>The largest body of a msg:R, in bytes. Beyond: <c>BodyTooLarge</c>. At most 16 MiB.</summary>
    public int BodyBytesMax { get; init; } = ProtocolLimits.BodyBytesMaxDefault;

    /// <summary>msg:R of one session without an answer that has left. Beyond, the server does not read on.</summary>
    public int RequestsInFlightMax { get; init; } = ProtocolLimits.RequestsInFlightMaxDefault;

    /// <summary>The same in bytes of bodies; one always fits.</summary>
    public int RequestBytesInFlightMax { get; init; } = ProtocolLimits.RequestBytesInFlightMaxDefault;

    /// <summary>
    /// Bytes of msg:R of all sessions together, 1 KiB added for each, that the store has and has not decided yet; one always fits. Beyond,
    /// sessions are not read on, and take their turns. It is also the queue that a message waits behind at the most, whoever floods the server.
    /// What waits for an authorizer that does not answer at once, and what came after it in its session, does not count: it is
    /// bounded by <see cref="RequestBytesInFlightMax"/> for each session alone.
    /// </summary>
    public int RequestBytesInFlightTotalMax { get; init; } = 16 << 20;

    /// <summary>Packets that one session may send per second in the long run; a status request counts as many as it has ids. Beyond, the server does not read on.</summary>
    public int PacketsPerSecond { get; init; } = 20_000;

    /// <summary>Packets that one session may send at once before <see cref="PacketsPerSecond"/> holds.</summary>
    public int PacketsBurst { get; init; } = 20_000;

    /// <summary>The largest window granted, in entries.</summary>
    public int WindowMax { get; init; } = ProtocolLimits.WindowMaxDefault;

    /// <summary>The largest window granted, in bytes of bodies.</summary>
    public int WindowBytesMax { get; init; } = 16 << 20;

    /// <summary>
    /// Bytes waiting to be written to one session beyond which it is brought nothing new: entries wait in the store, ack:N are left
    /// out, and its packets are not read on.
    /// </summary>
    public int OutgoingBytesMax { get; init; } = 1 << 20;
}

/// <summary>The router and its heartbeat.</summary>
public sealed record RouterOptions
{
    /// <summary>How often the positions of live sessions are compared with the store. More than zero.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(20);
}
