using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Gateway.WebSockets;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// Frames as they come off a WebSocket, behind its opening. Whatever the bytes: no exception, the same packets and the same end in whatever pieces they
/// come, a refusal that has words, and no message over the limit.
/// </summary>
internal sealed class WebSocketTarget : SynchronousTarget
{
    public const string TargetName = "web-socket";

    private const int PacketBytesMax = 2 << 10;

    public override string Name => TargetName;

    public override IEnumerable<byte[]> Seeds()
    {
        // The first byte chooses the form.
        foreach (var (form, place) in MessageForm.All.Select((form, place) => (form, (byte)place)))
        {
            foreach (var packet in SomePackets.OfEachKind)
            {
                yield return [place, .. RawWebSocket.Frame(form.Kind, RawWebSocket.Message(packet, form))];
            }

            var message = RawWebSocket.Message(SomePackets.OfEachKind[0], form);
            yield return
            [
                place,
                .. RawWebSocket.Frame(form.Kind, message.AsSpan(0, 5), final: false),
                .. RawWebSocket.Frame(FrameKind.Ping, "between"u8),
                .. RawWebSocket.Frame(FrameKind.Continuation, message.AsSpan(5, 3), final: false),
                .. RawWebSocket.Frame(FrameKind.Continuation, message.AsSpan(8)),
                .. RawWebSocket.Frame(FrameKind.Pong, []),
                .. RawWebSocket.Frame(FrameKind.Close, [0x03, 0xE8]),
            ];
        }

        yield return [0, 0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0x10, 0, 1, 2, 3, 4];
        yield return [1, .. RawWebSocket.Frame(FrameKind.Text, Encoding.UTF8.GetBytes("{\"kind\":\"ping\"}")), 0xC1, 0x80, 0, 0, 0, 0];
    }

    protected override void Try(byte[] input, Observations seen)
    {
        var form = MessageForm.All[(input.Length > 0 ? input[0] : 0) % MessageForm.All.Count];
        var frames = input.AsMemory(Math.Min(1, input.Length));
        var whole = Read(form, [frames], seen);
        var pieces = Read(form, InPieces(frames), seen: null);
        BrokenPromiseException.Unless(whole == pieces, $"In one piece it is {whole}, in pieces {pieces}.");
    }

    private static string Read(MessageForm form, IEnumerable<ReadOnlyMemory<byte>> pieces, Observations? seen)
    {
        var arriving = new Pipe(new PipeOptions(pauseWriterThreshold: 0, readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        var transport = new WebSocketTransport(new UpgradedConnection(new Ends(arriving.Reader, new Pipe().Writer), "fuzz", static () => { }), form, TimeProvider.System);
        var story = new StringBuilder();
        foreach (var piece in pieces)
        {
            if (piece.IsEmpty)
            {
                continue;
            }

            arriving.Writer.Write(piece.Span);
            _ = arriving.Writer.FlushAsync().AsTask();
            var waiting = transport.WaitToReadAsync().AsTask();
            BrokenPromiseException.Unless(waiting.IsCompleted, "Bytes are there, and the transport waits for some.");
            if (!waiting.Result)
            {
                return $"{story}closed";
            }

            while (transport.TryRead(PacketBytesMax, out var result) is var outcome && outcome != PacketReadOutcome.Incomplete)
            {
                seen?.Saw(((int)outcome << 16) + (int)result.Code + (result.Packet?.GetType().Name[0] ?? 0));
                if (outcome == PacketReadOutcome.Violation)
                {
                    BrokenPromiseException.Unless(result.Fault is { Length: > 0 } && result.Code != ErrorCode.None, "A violation has no words or no code.");
                    return $"{story}{result.Code} {result.Fault}";
                }

                story.Append(Convert.ToHexString(SomePackets.Bytes(result.Packet!))).Append(' ');
            }
        }

        // Behind a Close nothing is waited for.
        var end = transport.WaitToReadAsync().AsTask();
        return $"{story}{(end.IsCompleted ? "closed" : "more to come")}";
    }

    /// <summary>Cut where the bytes themselves say.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> InPieces(ReadOnlyMemory<byte> input)
    {
        for (var at = 0; at < input.Length;)
        {
            var length = Math.Min(input.Length - at, 1 + (input.Span[at] % 7));
            yield return input.Slice(at, length);
            at += length;
        }
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
