using System.Buffers;
using System.Text;
using System.Text.Json;
using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Protocol.Polling;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// The bodies of long polling, all four by each input. Whatever the bytes: no exception, and either a body or words of a fault; what is accepted is JSON by another
/// parser's account as well, keeps within its bounds, and says the same once it is written again.
/// </summary>
internal sealed class PollingTarget : SynchronousTarget
{
    public const string TargetName = "polling";

    private static readonly Hello Hello = SomePackets.OfEachKind.OfType<Hello>().First() with { Token = "" };
    private static readonly MessageRequest[] Requests = [.. SomePackets.OfEachKind.OfType<MessageRequest>()];
    private static readonly Error Held = SomePackets.OfEachKind.OfType<Error>().First();
    private static readonly Goodbye Goodbye = SomePackets.OfEachKind.OfType<Goodbye>().First();

    private static readonly string[] Spellings =
    [
        """{"received":9007199254740991,"h\u0065llo":{"kind":"ping"},"leaves":false,"holdMilliseconds":90001}""",
        """{"requests":[],"held":[{"kind":"error"}],"requests":[{"kind":"msg:R"}]}""",
        """{"code":3003,"detail":"\ud83d","packets":null,"retryAfterMilliseconds":-0}""",
        """[{"packets":[[[[{}]]]]}]""",
    ];

    public override string Name => TargetName;

    public override IEnumerable<byte[]> Seeds() =>
    [
        Written(new PollRequest(Hello) { Hold = TimeSpan.FromSeconds(25), Received = Hello.Cursor, Leaves = true }),
        Written(new PollRequest(Hello)),
        Written(new MessagesRequest(Requests, [Held])),
        Written(new PollingAnswer(SomePackets.OfEachKind)),
        Written(new PollingAnswer(Requests, Goodbye)),
        .. Spellings.Select(Encoding.UTF8.GetBytes),
    ];

    protected override void Try(byte[] input, Observations seen)
    {
        Check(PollingCodec.ReadPoll(input), input, seen, Written, static body => PollingCodec.ReadPoll(body).Value, static poll =>
            (poll.Received is not { } received || received.Value >= poll.Hello.Cursor.Value) && poll.Hello.Token.Length == 0 && !(poll.Hold > ProtocolLimits.HoldMax));
        Check(PollingCodec.ReadMessages(input), input, seen, Written, static body => PollingCodec.ReadMessages(body).Value, static messages =>
            messages.Requests.Count is > 0 and <= ProtocolLimits.RequestsPerPostMax && messages.Held.Count <= ProtocolLimits.RequestsPerPostMax);
        Check(PollingCodec.ReadAnswer(input), input, seen, Written, static body => PollingCodec.ReadAnswer(body).Value, static answer => answer.Goodbye is null);
        Check(PollingCodec.ReadProblem(input), input, seen, Written, static body => PollingCodec.ReadProblem(body).Value, static answer => answer.Goodbye is not null);
    }

    private static void Check<T>(PollingReadResult<T> read, byte[] input, Observations seen, Func<T, byte[]> write, Func<byte[], T?> readAgain, Func<T, bool> isWithinBounds)
        where T : class
    {
        seen.Saw((int)read.Code + typeof(T).Name.Length);
        BrokenPromiseException.Unless(read.Value is null == read.Fault is { Length: > 0 }, $"A {typeof(T).Name} has words of a fault, or a fault has none.");
        if (read.Value is not { } body)
        {
            return;
        }

        BrokenPromiseException.Unless(isWithinBounds(body), $"A {typeof(T).Name} is accepted beyond its bounds.");
        using var document = JsonDocument.Parse(input, new JsonDocumentOptions { MaxDepth = ProtocolLimits.JsonDepthMax });
        BrokenPromiseException.Unless(document.RootElement.ValueKind == JsonValueKind.Object, $"A {typeof(T).Name} is no object by another parser's account.");
        var written = write(body);
        BrokenPromiseException.Unless(readAgain(written) is { } again && written.AsSpan().SequenceEqual(write(again)), $"A {typeof(T).Name} says something else once it is written again.");
    }

    private static byte[] Written(PollRequest poll) => Written(output => PollingCodec.Write(poll, output));

    private static byte[] Written(MessagesRequest messages) => Written(output => PollingCodec.Write(messages, output));

    private static byte[] Written(PollingAnswer answer)
    {
        var packets = Written(output =>
        {
            for (var i = 0; i < answer.Packets.Count; i++)
            {
                output.Write(i > 0 ? ","u8 : default);
                JsonPacketCodec.Write(answer.Packets[i], output);
            }
        });
        return Written(output =>
        {
            if (answer.Goodbye is { } goodbye)
            {
                PollingCodec.WriteProblem(goodbye, 503, packets, output);
            }
            else
            {
                PollingCodec.WriteAnswer(packets, output);
            }
        });
    }

    private static byte[] Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }
}
