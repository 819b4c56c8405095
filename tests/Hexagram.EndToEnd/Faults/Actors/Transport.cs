using System.Net;
using Hexagram.Client;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>A way between client and server, and all that a test has to know of it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Scheme">What the address of a server begins with.</param>
/// <param name="Form">How packets look.</param>
public sealed record Transport(string Name, string Scheme, PacketForm Form = PacketForm.Binary)
{
    /// <summary>A long run goes every way; a short one those that differ most: each case costs processes, and what they are about is the same everywhere.</summary>
    private static readonly bool Long = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1";

    /// <summary>A transport beside the first one takes every so manieth case of a list.</summary>
    private static readonly int Share = Long ? 4 : 12;

    private static readonly Transport[] Standing = Long
        ? [new("tcp", "tcp"), new("ws", "ws"), new("ws-json", "ws", PacketForm.Json)]
        : [new("tcp", "tcp"), new("ws-json", "ws", PacketForm.Json)];

    /// <summary>Those into which no proxy can look.</summary>
    private static readonly Transport[] Encrypted = Long ? [new("tcps", "tcps"), new("wss", "wss")] : [new("wss", "wss")];

    /// <summary>Long polling, for the few cases in which it is another thing: a connection is then a series of requests.</summary>
    public static Transport Polling { get; } = new("http", "http");

    /// <summary>Every transport that stands: one more above, and every fault strikes that one as well.</summary>
    public static TheoryData<Transport> All => [.. Standing];

    /// <summary>The same with the encrypted ones: for what needs no look at packets.</summary>
    public static TheoryData<Transport> Everyone => [.. Standing, .. Encrypted];

    /// <summary>The one for what does not depend on the transport.</summary>
    public static Transport Any => Standing[0];

    /// <summary>TLS is spoken.</summary>
    public bool IsEncrypted => Scheme is "tcps" or "wss";

    private bool IsOverHttp => Scheme is "ws" or "wss" or "http";

    /// <summary>Those of <paramref name="cases"/> that a short run has time for; the chaos run beside it has them all.</summary>
    public static IEnumerable<T> Some<T>(IEnumerable<T> cases) => cases.Where((_, n) => Long || n % 2 == 0);

    /// <summary>The first transport with each of <paramref name="others"/>, and each other one with a part of them.</summary>
    public static TheoryData<Transport, T> With<T>(IEnumerable<T> others) => [.. Pairs(Standing, others)];

    /// <summary>The same with encrypted transports for those of which no packet must be known.</summary>
    public static TheoryData<Transport, T> With<T>(IEnumerable<T> others, Func<T, bool> isBlind) =>
        [.. Pairs(Standing, others), .. Pairs([Any, .. Encrypted], others.Where(isBlind)).Where(pair => pair.Item1.IsEncrypted)];

    /// <summary>Where the server of a stage listens for it.</summary>
    internal IPEndPoint Listens(Stage stage) => IPEndPoint.Parse(IsOverHttp ? stage.Http : stage.Server);

    /// <summary>What a client is told when a proxy stands at this place.</summary>
    public Uri Address(IPEndPoint place) => new($"{Scheme}://{place}");

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static IEnumerable<(Transport, T)> Pairs<T>(Transport[] transports, IEnumerable<T> others) =>
        transports.SelectMany((transport, place) => others.Where((_, n) => place == 0 || n % Share == place % Share).Select(other => (transport, other)));
}
