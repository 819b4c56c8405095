using System.Collections.Concurrent;
using System.Diagnostics;
using Hexagram.Chaos.Proxy;
using Hexagram.Client;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>Somebody with a client, whose way to the nodes the test decides. All that comes is kept.</summary>
internal sealed class Person : IAsyncDisposable
{
    private readonly FaultProxy _way = new();
    private readonly ThreeNodes _nodes;
    private readonly HexagramClientOptions _options;
    private readonly ConcurrentQueue<string> _texts = new();
    private readonly ConcurrentDictionary<MessageId, int> _requests = new();
    private readonly SemaphoreSlim _came = new(0);
    private HexagramClient? _client;

    public Person(UserId user, string device, string token, ThreeNodes nodes)
    {
        User = user;
        _nodes = nodes;
        _options = new HexagramClientOptions
        {
            Server = new Uri($"tcp://{_way.EndPoint}"),
            Token = token,
            Store = ClientStore.InMemory(),
            Device = new DeviceId(device),
            Reconnect = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(500)),
            Trace = Count,
        };
    }

    public UserId User { get; }

    public HexagramClient Client => _client!;

    /// <summary>What has come, in this order.</summary>
    public IReadOnlyList<string> Texts => [.. _texts];

    /// <summary>Opens the client, which begins to connect to this node.</summary>
    public async Task OpenAsync(ServerProcess node)
    {
        _way.Target = _nodes.PlaceOf(node);
        _client = await HexagramClient.OpenAsync(_options);
        _client.OnMessage((message, _) =>
        {
            _texts.Enqueue(message.Text!);
            _came.Release();
            return Task.CompletedTask;
        });
    }

    /// <summary>From now on its connections lead to this node; the one that there is stays until it ends.</summary>
    public void Head(ServerProcess node) => _way.Target = _nodes.PlaceOf(node);

    /// <summary>Its connection ends, and the next one leads to this node, which has welcomed it when this completes.</summary>
    public async Task MoveAsync(ServerProcess node)
    {
        Head(node);
        Cut();
        await WhenDisconnectedAsync();
        await Client.WhenConnectedAsync().WaitAsync(ThreeNodes.Patience);
    }

    /// <summary>Its connection ends.</summary>
    public void Cut() => _way.Cut();

    /// <summary>Completes when the client has lost its connection.</summary>
    public Task WhenDisconnectedAsync() => WhenAsync(state => state is not ConnectionState.Connected);

    /// <summary>Completes when the client has stopped for this reason.</summary>
    public Task WhenStoppedAsync(StopCause cause) => WhenAsync(state => state is ConnectionState.Stopped stopped && stopped.Cause == cause);

    private async Task WhenAsync(Func<ConnectionState, bool> holds)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void See(object? sender, ConnectionState state)
        {
            if (holds(state))
            {
                reached.TrySetResult();
            }
        }

        Client.StateChanged += See;
        See(null, Client.State);
        await reached.Task.WaitAsync(ThreeNodes.Patience);
        Client.StateChanged -= See;
    }

    /// <summary>Completes when so many have come.</summary>
    public async Task ReceiveAsync(int count)
    {
        while (_texts.Count < count)
        {
            Assert.True(await _came.WaitAsync(ThreeNodes.Patience), $"{_texts.Count} of {count} messages have come to {User}");
        }
    }

    /// <summary>Sends and waits until it is delivered.</summary>
    /// <returns>How long that took, and how many msg:R.</returns>
    public async Task<(TimeSpan Took, int Requests)> DeliverAsync(UserId to, string text)
    {
        var begun = Stopwatch.GetTimestamp();
        var sent = await Client.SendAsync(to, text);
        await sent.Delivered.WaitAsync(ThreeNodes.Patience);
        return (Stopwatch.GetElapsedTime(begun), _requests[sent.Id]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        await _way.DisposeAsync();
        _came.Dispose();
    }

    private void Count(TracedPacket traced)
    {
        if (traced.Packet is MessageRequest request)
        {
            _requests.AddOrUpdate(request.Id, 1, static (_, count) => count + 1);
        }
    }
}
