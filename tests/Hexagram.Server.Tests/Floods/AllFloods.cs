using Hexagram.Protocol;

namespace Hexagram.Server.Tests.Floods;

/// <summary>Every flood. One of another transport joins by a line here.</summary>
internal static class AllFloods
{
    internal const long Silent = 64 << 10;

    /// <summary>What waits to be sent (1 MiB, and a packet or a page beyond), what is read ahead (256 KiB), and what is kept of either while it moves.</summary>
    internal const long Talking = 8 << 20;

    public static IReadOnlyList<Flood> All { get; } =
    [
        new("connections without Hello", Silent, new(Connections: 300), SilentAsync),
        new("slow bytes", Silent, new(Connections: 300, Bytes: 1_500), SlowBytesAsync),
        new("huge packets announced and never sent", Talking, new(Welcomes: 8, Bytes: 1 << 20), AnnouncedAsync),
        new("huge windows that are never read", Talking, new(Welcomes: 8), HugeWindowsAsync),
        new("pings, whose answers are never read", Talking, new(Welcomes: 8, Bytes: 20_000), (stage, stop) => RepeatAsync(stage, static _ => [Ping.Instance], 8, 20, stop)),
        new("Hellos with bad tokens", Silent, new(Goodbyes: 20), (stage, stop) => HellosAsync(stage, static hello => hello with { Token = "a.bad.token" }, stop)),
        new("Hellos of one device that supersedes itself", Silent, new(Welcomes: 20), (stage, stop) => HellosAsync(stage, static hello => hello, stop)),
        new("status requests", Talking, new(Welcomes: 8, Bytes: 500_000), (stage, stop) => RepeatAsync(stage, static stage => [new StatusRequest(new("bob"), stage.ThousandIds)], 8, 20, stop)),
        new("msg:R to many new mailboxes", Talking, new(Welcomes: 8, Bytes: 50_000), (stage, stop) => RepeatAsync(stage, static stage => [FloodStage.Message($"nobody{stage.Next()}", 100)], 8, 20, stop)),
        new("msg:R to one mailbox", Talking, new(Welcomes: 8, Bytes: 1 << 20), (stage, stop) => RepeatAsync(stage, static stage => [FloodStage.Message("mallory", 32_000)], 8, 20, stop)),
        new("msg:R to the honest recipient", Talking, new(Welcomes: 2, Bytes: 2_000), (stage, stop) => RepeatAsync(stage, static stage => [FloodStage.Message("bob", 100)], 2, 1, stop)),
        .. WebSocketFloods.All,
    ];

    /// <summary>Thousands that connect and say nothing, and more as long as it goes on.</summary>
    private static async Task SilentAsync(FloodStage stage, CancellationToken stop)
    {
        for (var n = 0; n < 3_000 && !stop.IsCancellationRequested; n++)
        {
            await stage.ConnectAsync();
        }

        await FloodStage.UntilAsync(stop);
    }

    /// <summary>A Hello that comes byte by byte, from three hundred at once.</summary>
    private static async Task SlowBytesAsync(FloodStage stage, CancellationToken stop)
    {
        var connections = await stage.ConnectManyAsync(300);
        var hello = FloodStage.Bytes(stage.Hello("mallory", window: 1));
        for (var at = 0; at < hello.Length - 1 && !stop.IsCancellationRequested; at++)
        {
            foreach (var connection in connections)
            {
                await connection.SendAsync(hello.AsMemory(at, 1), stop);
            }

            await FloodStage.TickAsync(stop);
        }

        await FloodStage.UntilAsync(stop);
    }

    /// <summary>Every user's every session announces the longest packet that is allowed and sends all of it but the end.</summary>
    private static async Task AnnouncedAsync(FloodStage stage, CancellationToken stop)
    {
        var packet = FloodStage.Bytes(FloodStage.Message("bob", ProtocolLimits.BodyBytesMaxDefault));
        for (var n = 0; n < 64 && !stop.IsCancellationRequested; n++)
        {
            var connection = await stage.OpenAsync($"mallory{n / 32}", window: 0);
            await connection.SendAsync(packet.AsMemory(0, packet.Length - 1), stop);
        }

        await FloodStage.UntilAsync(stop);
    }

    /// <summary>Sessions that ask for all there is, at once, and read none of it.</summary>
    private static async Task HugeWindowsAsync(FloodStage stage, CancellationToken stop)
    {
        await stage.FillAsync("mallory", entries: 1_000, bodyBytes: 16_000);
        for (var n = 0; n < 24 && !stop.IsCancellationRequested; n++)
        {
            await stage.OpenAsync("mallory", window: int.MaxValue);
        }

        await FloodStage.UntilAsync(stop);
    }

    /// <summary>Sessions of several users that say something over and over as fast as the server reads it, and read nothing.</summary>
    private static async Task RepeatAsync(FloodStage stage, Func<FloodStage, Packet[]> say, int connections, int packetsPerWrite, CancellationToken stop)
    {
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async n =>
        {
            var connection = await stage.OpenAsync($"mallory{n}", window: 0);
            while (await connection.TrySendAsync(FloodStage.Bytes([.. Enumerable.Range(0, packetsPerWrite).SelectMany(_ => say(stage))]), stop))
            {
                await Task.Yield();
            }
        }));
        await FloodStage.UntilAsync(stop);
    }

    /// <summary>Four at a time that connect, say Hello, hear what comes of it, and begin anew.</summary>
    private static async Task HellosAsync(FloodStage stage, Func<Hello, Hello> change, CancellationToken stop)
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async n =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var connection = await stage.ConnectAloneAsync();
                await connection.TrySendAsync(FloodStage.Bytes(change(stage.Hello($"mallory{n % 2}", window: 1))), stop);
                await connection.TryReadAnswerAsync(stop);
            }
        }));
    }
}
