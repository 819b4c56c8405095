namespace Hexagram.Protocol;

/// <summary>
/// The numbers of PROTOCOL §13: what a packet may hold at the most, and the defaults of what a server or a client may
/// set for itself. A test compares the table there with the values here.
/// </summary>
public static class ProtocolLimits
{
    // ---- what a packet may hold; the codec enforces these ---------------------------------------

    /// <summary>The longest length prefix of a packet, in bytes.</summary>
    public const int LengthPrefixBytesMax = 5;

    /// <summary>The highest sequence, cursor or connection number: 2^53 − 1, which the numbers of every language hold exactly.</summary>
    public const long NumberMax = (1L << 53) - 1;

    /// <summary>The most message ids in one ack:N, status request or answer to it; there is always at least one.</summary>
    public const int IdsPerPacketMax = 1_000;

    /// <summary>The longest token of a Hello, in characters of printable ASCII.</summary>
    public const int TokenCharactersMax = 8_192;

    /// <summary>The longest name of the client's software in a Hello, in bytes of UTF-8.</summary>
    public const int SoftwareBytesMax = 128;

    /// <summary>The longest text of an Error or a Goodbye, in bytes of UTF-8.</summary>
    public const int TextBytesMax = 1_024;

    /// <summary>The longest wait that an Error or a Goodbye may ask for.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromDays(1);

    /// <summary>The longest horizon that a Welcome may name.</summary>
    public static readonly TimeSpan HorizonMax = TimeSpan.FromDays(36_500);

    // ---- sizes ----------------------------------------------------------------------------------

    /// <summary>The largest body that a server accepts by default, in bytes.</summary>
    public const int BodyBytesMaxDefault = 1 << 20;

    /// <summary>The largest body that a server may be set to accept, in bytes; a client reads packets up to this and <see cref="PacketOverheadBytes"/>.</summary>
    public const int BodyBytesMaxCeiling = 16 << 20;

    /// <summary>What a packet may be longer than the largest body, in bytes; every packet without a body fits in it.</summary>
    public const int PacketOverheadBytes = 64 << 10;

    /// <summary>The longest first packet, in bytes: an unknown peer is not worth more memory.</summary>
    public const int HelloBytesMax = 16 << 10;

    /// <summary>What one byte of the binary form may take in the JSON form, in bytes, at the most: <c>\u0001</c>.</summary>
    public const int JsonBytesPerByteMax = 6;

    /// <summary>How deep objects and arrays may lie in each other in the JSON form, the packet's own object counted.</summary>
    public const int JsonDepthMax = 100;

    // ---- windows --------------------------------------------------------------------------------

    /// <summary>The largest window that a server grants by default, in entries.</summary>
    public const int WindowMaxDefault = 1_024;

    /// <summary>The window that a client asks for by default, in entries.</summary>
    public const int WindowDefault = 256;

    /// <summary>The window that a client asks for by default, in bytes of bodies.</summary>
    public const int WindowBytesDefault = 4 << 20;

    /// <summary>How many msg:R of a session a server reads ahead of their answers by default.</summary>
    public const int RequestsInFlightMaxDefault = 256;

    /// <summary>The same in bytes of bodies; one always fits.</summary>
    public const int RequestBytesInFlightMaxDefault = 4 << 20;

    // ---- times: the connection ------------------------------------------------------------------

    /// <summary>How long a server waits for Hello.</summary>
    public static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);

    /// <summary>After so long without a byte from the other side, either side sends Ping.</summary>
    public static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(20);

    /// <summary>After so long without a byte from the other side, either side ends the connection.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(45);

    /// <summary>How long a client waits for Welcome, or for the answer to its oldest msg:R, before it connects anew.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The upper bound of the wait before the first reconnection; it doubles with each failure.</summary>
    public static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>The bound beyond which the wait before a reconnection does not grow.</summary>
    public static readonly TimeSpan ReconnectAfterMax = TimeSpan.FromSeconds(30);

    // ---- times: messages ------------------------------------------------------------------------

    /// <summary>How long after msg:A a sender waits for ack:N before it sends msg:R again; the bound doubles with each resend.</summary>
    public static readonly TimeSpan ResendAfter = TimeSpan.FromSeconds(5);

    /// <summary>The bound beyond which the wait before a resend does not grow.</summary>
    public static readonly TimeSpan ResendAfterMax = TimeSpan.FromSeconds(60);

    /// <summary>How far an id's time may lie ahead of the server's clock.</summary>
    public static readonly TimeSpan ClockSkewMax = TimeSpan.FromMinutes(5);

    /// <summary>How long a mailbox remembers a message id at the least, by default.</summary>
    public static readonly TimeSpan HorizonDefault = TimeSpan.FromDays(30);

    // ---- long polling ---------------------------------------------------------------------------

    /// <summary>The most msg:R in one HTTP request, and errors in its <c>held</c>.</summary>
    public const int RequestsPerPostMax = 1_000;

    /// <summary>The most ids in the ack:N that a server keeps for a device between two of its polls.</summary>
    public const int ReportsKeptMax = 1_000;

    /// <summary>How long a poll that does not say may be held.</summary>
    public static readonly TimeSpan HoldDefault = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a poll is held.</summary>
    public static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(90);

    /// <summary>How long a user counts as online between two polls, by default.</summary>
    public static readonly TimeSpan LeaseDefault = TimeSpan.FromSeconds(15);
}
