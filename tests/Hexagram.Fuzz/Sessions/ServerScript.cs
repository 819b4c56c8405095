using Hexagram.Fuzz.Targets;
using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Fuzz.Sessions;

/// <summary>What a hostile client says next, as an input chooses it: any packet with any numbers, whole, torn or flipped, or bytes.</summary>
internal sealed class ServerScript(TestServer server, InputBytes choices, IReadOnlyList<MessageId> ids, string suffix)
{
    private static readonly long[] Numbers = [0, 1, 2, 3, 5, 8, 100, 1_000_000, ProtocolLimits.NumberMax - 1, ProtocolLimits.NumberMax];

    /// <summary>The packet that <paramref name="op"/> stands for.</summary>
    public Packet Packet(int op) => op switch
    {
        0 => Hello(),
        1 => Hello() with { Token = choices.Of("", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", new string('t', ProtocolLimits.TokenCharactersMax), server.Token("mallory", TimeSpan.FromMilliseconds(1))) },
        2 => new MessageRequest(ids[choices.Next() % ids.Count], Recipient(), Body()),
        3 => new AckRequest(choices.Of(server.Store.Epoch, server.Store.Epoch, new Epoch(1), new Epoch(ulong.MaxValue)), new Sequence(Math.Max(1, choices.Of(Numbers)))),
        4 => new StatusRequest(Recipient(), [.. Enumerable.Range(0, choices.Of(1, 2, ids.Count, 40)).Select(n => ids[n % ids.Count])]),
        5 => Ping.Instance,
        6 => Pong.Instance,
        7 => new Goodbye(choices.Of(ErrorCode.Restarting, ErrorCode.Superseded, (ErrorCode)7, (ErrorCode)int.MaxValue), "", TimeSpan.Zero),
        _ => SomePackets.OfEachKind[choices.Next() % SomePackets.OfEachKind.Count],
    };

    private Hello Hello()
    {
        var user = choices.Of("mallory", "eve");
        return server.Hello($"{user}{suffix}", choices.Of(0, 1, 3, 256, int.MaxValue), $"device{choices.Next() % 4}") with
        {
            Connection = new ConnectionNumber(Math.Max(1, choices.Of(Numbers))),
            Epoch = choices.Of(Epoch.None, server.Store.Epoch, new Epoch(1)),
            Cursor = new Sequence(choices.Of(Numbers)),
            WindowBytes = choices.Of(4 << 20, 0, 1, 100, int.MaxValue),
            Start = choices.Of(StreamStart.Oldest, StreamStart.Latest),
        };
    }

    private UserId Recipient() => new(choices.Of($"mallory{suffix}", $"eve{suffix}", "bob", $"nobody{suffix}"));

    private Body Body() => choices.Of("", "x", new string('y', 300), new string('z', 20_000)) is var text && text.Length == 300
        ? Protocol.Body.FromBytes(new byte[300], "a/b")
        : text;
}
