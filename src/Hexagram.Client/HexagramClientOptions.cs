using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hexagram.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hexagram.Client;

/// <summary>Everything that a client can be told; immutable, changed with <c>with</c>. Checked by <see cref="HexagramClient.OpenAsync"/>.</summary>
public sealed record HexagramClientOptions
{
    /// <summary>
    /// Where the server listens, and how to speak with it: <c>tcp://127.0.0.1:7000</c>, <c>tcps://chat.example:7000</c> with TLS,
    /// <c>ws://127.0.0.1:7080</c> for WebSocket, <c>wss://chat.example</c> for WebSocket with TLS, and for networks that let nothing else through
    /// <c>http://127.0.0.1:7080</c> and <c>https://chat.example</c> for long polling. Without a path a WebSocket is opened at <c>/v1/ws</c>, and polls go to <c>/v1/poll</c>.
    /// </summary>
    public required Uri Server { get; init; }

    /// <summary>How packets look on a WebSocket. On TCP they are binary, and in polls JSON.</summary>
    public PacketForm Form { get; init; } = PacketForm.Binary;

    /// <summary>
    /// Authorities whose signature makes a server's certificate valid, in place of those that this machine trusts: for servers with a certificate of one's own
    /// making. Null: those of this machine. Name and time of a certificate are always checked; there is no way to turn that off.
    /// </summary>
    public X509Certificate2Collection? TrustedAuthorities { get; init; }

    /// <summary>
    /// What proves who the user is. Set this or <see cref="TokenProvider"/>. With a fixed token the client stops for good
    /// when the server says that it has expired.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>
    /// Asked for a token before the first connection, and again whenever the server wants another one. When it throws, the
    /// client waits and asks again.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? TokenProvider { get; init; }

    /// <summary>
    /// Where outbox and inbox are kept: <see cref="ClientStore.Sqlite"/> or <see cref="ClientStore.InMemory"/>; or, with Hexagram.Client.Data, the application's own database.
    /// </summary>
    public required ClientStore Store { get; init; }

    /// <summary>
    /// Who the client is meant to be. When the server knows it as somebody else, it stops before it sends or takes a message. When null, the
    /// first token decides, and the store keeps the answer. Each Hello says where this device's inbox stands, before the server says whose token it got: a
    /// <see cref="TokenProvider"/> must never give the token of another user who has a device of the same name.
    /// </summary>
    public UserId? User { get; init; }

    /// <summary>Which installation of the user this is. When null, one is made once and kept in the store.</summary>
    public DeviceId? Device { get; init; }

    /// <summary>
    /// How many messages the server may send ahead of their confirmation; 0 means that this client only sends. The server may
    /// grant less.
    /// </summary>
    public int Window { get; init; } = ProtocolLimits.WindowDefault;

    /// <summary>The same in bytes of bodies; one message always fits.</summary>
    public int WindowBytes { get; init; } = ProtocolLimits.WindowBytesDefault;

    /// <summary>Where the stream of a device that the server does not know begins: at the oldest retained message, or after the latest.</summary>
    public StreamStart Start { get; init; } = StreamStart.Oldest;

    /// <summary>How much may wait in the outbox.</summary>
    public OutboxLimits Outbox { get; init; } = new();

    /// <summary>How long an attempt to connect may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait before connecting again.</summary>
    public Backoff Reconnect { get; init; } = new(ProtocolLimits.ReconnectAfter, ProtocolLimits.ReconnectAfterMax);

    /// <summary>How long to wait before a handler that failed gets the same message again.</summary>
    public Backoff HandlerRetry { get; init; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    /// <summary>
    /// How many handled messages the inbox remembers by id, so that a server restored from a backup cannot bring them a second
    /// time. Beyond it, and beyond the server's horizon, the oldest are forgotten. 1 or more. A store in memory always remembers 10 000.
    /// </summary>
    public int SeenMax { get; init; } = 1_000_000;

    /// <summary>How many messages may be set aside. Beyond it, the next one stays at the head of the stream until some are removed. 1 or more.</summary>
    public int SetAsideMax { get; init; } = 10_000;

    /// <summary>How long <see cref="HexagramClient.DisposeAsync"/> waits for the server to take the last confirmations.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Name and version of the application, for the server's log.</summary>
    public string Software { get; init; } = "Hexagram.Client/0.1.0";

    /// <summary>Gets every packet that is sent or received; see <see cref="TracedPacket"/>. Null for none.</summary>
    public Action<TracedPacket>? Trace { get; init; }

    /// <summary>Where to log; bodies and tokens never are. By default nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The clock and the timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Throws unless everything here can be meant.</summary>
    /// <exception cref="ArgumentException">The message says what is wrong, and with which option.</exception>
    internal void Validate()
    {
        Require(
            Server is { IsAbsoluteUri: true, Scheme: "tcp" or "tcps" or "ws" or "wss" or "http" or "https", Port: > 0 },
            $"{nameof(Server)} is '{Server}'; it should look like tcp://127.0.0.1:7000, tcps://chat.example:7000, ws://127.0.0.1:7080, wss://chat.example, http://127.0.0.1:7080 or https://chat.example");
        Require(Form == PacketForm.Binary || Server.Scheme is "ws" or "wss", $"{nameof(Form)} is {Form}, which is spoken on WebSockets alone");
        Require(
            TrustedAuthorities is null || Server.Scheme is "tcps" or "wss" or "https",
            $"{nameof(TrustedAuthorities)} are set, and {Server} is not encrypted; use tcps://, wss:// or https://");
        Require(Token is null != TokenProvider is null, $"set either {nameof(Token)} or {nameof(TokenProvider)}");
        Require(Token is null || IsToken(Token), $"{nameof(Token)} is not 1 to {ProtocolLimits.TokenCharactersMax} characters of printable ASCII");
        Require(Store is not null, $"{nameof(Store)} is not set");
        Require(Window >= 0, $"{nameof(Window)} is negative");
        Require(WindowBytes >= 0, $"{nameof(WindowBytes)} is negative");
        Require(SeenMax >= 1, $"{nameof(SeenMax)} is less than 1");
        Require(SetAsideMax >= 1, $"{nameof(SetAsideMax)} is less than 1");
        Require(ConnectTimeout > TimeSpan.Zero, $"{nameof(ConnectTimeout)} is not more than zero");
        Require(CloseTimeout >= TimeSpan.Zero, $"{nameof(CloseTimeout)} is negative");
        Outbox.Validate();
        Reconnect.Validate(nameof(Reconnect));
        HandlerRetry.Validate(nameof(HandlerRetry));
    }

    internal static bool IsToken(string token) =>
        token.Length is > 0 and <= ProtocolLimits.TokenCharactersMax && !token.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>Prints the server alone: a token has no place in a log.</summary>
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(nameof(Server)).Append(" = ").Append(Server);
        return true;
    }

    internal static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException($"{otherwise}.");
        }
    }
}

/// <summary>
/// How much the outbox takes. Beyond a limit <see cref="HexagramClient.SendAsync(UserId, Body, CancellationToken)"/> throws
/// <see cref="OutboxFullException"/>, and takes messages again when others have gone.
/// </summary>
public sealed record OutboxLimits
{
    /// <summary>Messages that wait for the server or for their recipient's confirmation while the recipient is online.</summary>
    public int WaitingMax { get; init; } = 10_000;

    /// <summary>The same in bytes of bodies.</summary>
    public long WaitingBytesMax { get; init; } = 64L << 20;

    /// <summary>Messages that the server has stored for recipients who are away.</summary>
    public int StoredMax { get; init; } = 1_000_000;

    /// <summary>
    /// The same in bytes of bodies, which stay on this device, and with a store in memory in memory, until they are delivered. Asked when a
    /// message is sent, so what waits at that time can come on top.
    /// </summary>
    public long StoredBytesMax { get; init; } = 1L << 30;

    internal void Validate()
    {
        HexagramClientOptions.Require(WaitingMax >= 1, $"{nameof(WaitingMax)} is less than 1");
        HexagramClientOptions.Require(WaitingBytesMax >= 1, $"{nameof(WaitingBytesMax)} is less than 1");
        HexagramClientOptions.Require(StoredMax >= 1, $"{nameof(StoredMax)} is less than 1");
        HexagramClientOptions.Require(StoredBytesMax >= 1, $"{nameof(StoredBytesMax)} is less than 1");
    }
}

/// <summary>
/// Waits that grow: each is drawn anew between nothing and a bound (full jitter), and the bound doubles with each failure in a row.
/// </summary>
/// <param name="First">The first bound. More than zero.</param>
/// <param name="Max">Where the bound stops growing. Not less than <paramref name="First"/>.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Max)
{
    /// <summary>The wait after so many <paramref name="failures"/> in a row, 1 or more.</summary>
    internal TimeSpan After(int failures, Random random) => Bound(failures) * random.NextDouble();

    /// <summary>The longest that <see cref="After"/> can be.</summary>
    internal TimeSpan Bound(int failures)
    {
        var bound = First.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 40));
        return TimeSpan.FromMilliseconds(Math.Min(bound, Max.TotalMilliseconds));
    }

    internal void Validate(string option)
    {
        HexagramClientOptions.Require(First > TimeSpan.Zero, $"the first wait of {option} is not more than zero");
        HexagramClientOptions.Require(Max >= First, $"the longest wait of {option} is shorter than its first");
    }
}
