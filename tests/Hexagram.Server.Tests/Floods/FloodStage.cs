using System.Buffers;
using System.Collections.Concurrent;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Tests.Harness;
using Hexagram.Storage;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Tests.Floods;

/// <summary>A server on the real clock, and those who mean it no good.</summary>
internal sealed class FloodStage : IAsyncDisposable
{
    private readonly ConcurrentBag<HostileConnection> _connections = [];
    private long _next;

    private FloodStage(TestServer server) => Server = server;

    public TestServer Server { get; }

    public FloodTally Tally { get; } = new();

    /// <summary>Connections that are held.</summary>
    public int Connections => _connections.Count;

    public IReadOnlyList<MessageId> ThousandIds { get; } = [.. Enumerable.Range(0, 1_000).Select(_ => MessageId.New(TimeProvider.System.GetUtcNow()))];

    public static async Task<FloodStage> StartAsync() =>
        new(await TestServer.StartAsync(
            static options => options with { Bounds = options.Bounds with { WithoutHelloMax = 1_000 } },
            static builder => builder.Logging.SetMinimumLevel(LogLevel.Warning),
            time: TimeProvider.System));

    public static byte[] Bytes(params Packet[] packets)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var packet in packets)
        {
            PacketCodec.Write(packet, buffer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>1, 2, 3 …</summary>
    public long Next() => Interlocked.Increment(ref _next);

    public static MessageRequest Message(string to, int bodyBytes) =>
        new(MessageId.New(TimeProvider.System.GetUtcNow()), new UserId(to), Body.FromBytes(new byte[bodyBytes], "a/b"));

    public Hello Hello(string user, int window) => Server.Hello(user, window) with { WindowBytes = int.MaxValue };

    public async Task<HostileConnection> ConnectAsync()
    {
        var connection = await ConnectAloneAsync();
        _connections.Add(connection);
        return connection;
    }

    /// <summary>One that is not held: whoever asked for it ends it.</summary>
    public Task<HostileConnection> ConnectAloneAsync() => HostileConnection.ConnectAsync(Server.Tcp, Tally);

    public async Task<IReadOnlyList<HostileConnection>> ConnectManyAsync(int count)
    {
        var connections = new List<HostileConnection>();
        for (var n = 0; n < count; n++)
        {
            connections.Add(await ConnectAsync());
        }

        return connections;
    }

    /// <summary>A session, each of a device of its own.</summary>
    public async Task<HostileConnection> OpenAsync(string user, int window)
    {
        var connection = await ConnectAsync();
        await connection.SendAsync(Bytes(Hello(user, window) with { Device = new DeviceId($"device{Next() % 30}") }), CancellationToken.None);
        await connection.TryReadAnswerAsync(CancellationToken.None);
        return connection;
    }

    /// <summary>A WebSocket that has not said Hello.</summary>
    public async Task<HostileConnection> UpgradeAsync(CancellationToken stop)
    {
        var connection = await HostileConnection.ConnectAsync(Server.Http, Tally);
        _connections.Add(connection);
        await connection.TryUpgradeAsync(Server.Http, stop);
        return connection;
    }

    /// <summary>A session on a WebSocket, each of a device of its own.</summary>
    public async Task<HostileConnection> OpenWebSocketAsync(string user, CancellationToken stop)
    {
        var connection = await UpgradeAsync(stop);
        var hello = Hello(user, window: 0) with { Device = new DeviceId($"device{Next() % 30}") };
        await connection.SendAsync(RawWebSocket.Frame(FrameKind.Binary, RawWebSocket.Message(hello)), stop);
        await connection.TryReadFrameAsync(stop);
        return connection;
    }

    /// <summary>Puts entries into a mailbox before anything is measured.</summary>
    public async Task FillAsync(string user, int entries, int bodyBytes)
    {
        var lane = new AppendLane();
        await Task.WhenAll(Enumerable.Range(0, entries).Select(_ =>
        {
            var message = Message(user, bodyBytes);
            return Server.Store.AppendAsync(new AppendItem(message.To, new UserId("mallory"), message.Id, message.Body, lane)).AsTask();
        }));
    }

    /// <summary>Some milliseconds.</summary>
    public static async Task TickAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            // It is time to stop.
        }
    }

    /// <summary>Holds what there is until it is time to stop.</summary>
    public static async Task UntilAsync(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
    }

    /// <summary>All of them go.</summary>
    public void Leave()
    {
        while (_connections.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Leave();
        await Server.DisposeAsync();
    }
}
