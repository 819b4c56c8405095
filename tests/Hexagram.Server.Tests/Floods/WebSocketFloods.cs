using Hexagram.Protocol;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests.Floods;

/// <summary>The floods that only a WebSocket makes possible: what is in <see cref="AllFloods"/> for TCP strikes the same sessions.</summary>
internal static class WebSocketFloods
{
    private const int Sessions = 8;

    public static IEnumerable<Flood> All { get; } =
    [
        new("WebSockets without Hello", AllFloods.Silent, new(Connections: 100), SilentAsync),
        new("Ping frames, whose answers are never read", AllFloods.Talking, new(Welcomes: Sessions, Bytes: 20_000), (stage, stop) =>
            RepeatAsync(stage, Many(20, RawWebSocket.Frame(FrameKind.Ping, new byte[FrameHeader.ControlBytesMax])), stop)),
        new("empty fragments", AllFloods.Talking, new(Welcomes: Sessions, Bytes: 20_000), (stage, stop) => RepeatAsync(stage, EmptyFragments(), stop)),
        new("huge messages of which the end never comes", AllFloods.Talking, new(Welcomes: Sessions, Bytes: 1 << 20), EndlessAsync),
    ];

    private static async Task SilentAsync(FloodStage stage, CancellationToken stop)
    {
        for (var n = 0; n < 2_000 && !stop.IsCancellationRequested; n++)
        {
            await stage.UpgradeAsync(stop);
        }

        await FloodStage.UntilAsync(stop);
    }

    private static async Task RepeatAsync(FloodStage stage, byte[] frames, CancellationToken stop)
    {
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(async n =>
        {
            var connection = await stage.OpenWebSocketAsync($"mallory{n}", stop);
            while (await connection.TrySendAsync(frames, stop))
            {
                await Task.Yield();
            }
        }));
        await FloodStage.UntilAsync(stop);
    }

    /// <summary>In fragments of 32 KiB, all of the longest message that is allowed but its end.</summary>
    private static async Task EndlessAsync(FloodStage stage, CancellationToken stop)
    {
        var message = RawWebSocket.Message(FloodStage.Message("bob", ProtocolLimits.BodyBytesMaxDefault));
        for (var n = 0; n < 32 && !stop.IsCancellationRequested; n++)
        {
            var connection = await stage.OpenWebSocketAsync($"mallory{n / 16}", stop);
            foreach (var part in message.Chunk(32 << 10).SkipLast(1).Select((bytes, place) => (bytes, place)))
            {
                await connection.SendAsync(RawWebSocket.Frame(part.place == 0 ? FrameKind.Binary : FrameKind.Continuation, part.bytes, final: false), stop);
            }
        }

        await FloodStage.UntilAsync(stop);
    }

    /// <summary>A Ping packet in a thousand pieces, of which all but the last are empty.</summary>
    private static byte[] EmptyFragments() =>
    [
        .. RawWebSocket.Frame(FrameKind.Binary, [], final: false),
        .. Many(1_000, RawWebSocket.Frame(FrameKind.Continuation, [], final: false)),
        .. RawWebSocket.Frame(FrameKind.Continuation, RawWebSocket.Message(Ping.Instance)),
    ];

    private static byte[] Many(int count, byte[] frame) => [.. Enumerable.Repeat(frame, count).SelectMany(one => one)];
}
