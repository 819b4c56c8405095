using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hexagram.Protocol;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Hexagram.Server.Tests.Cluster;

/// <summary>Two nodes in this process: what one does for what the other holds.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    private TestServer _first = null!;
    private TestServer _second = null!;

    public async ValueTask InitializeAsync()
    {
        var primary = FreePort();
        _first = await StartAsync(primary, primary);
        _second = await StartAsync(FreePort(), primary);
    }

    public async ValueTask DisposeAsync()
    {
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    [Fact]
    public async Task The_host_at_one_node_ends_what_a_user_has_open_at_the_other()
    {
        await using var phone = await _second.ReceiverAsync("bob", device: "phone");
        await using var other = await _second.ReceiverAsync("alice");

        Assert.Equal(1, await _first.Services.GetRequiredService<IHexagram>().EndSessionsAsync("bob"));

        await phone.ReceiveGoodbyeAsync(ErrorCode.Authenticate);
        Assert.Empty(await other.SettleAsync());
    }

    [Fact]
    public async Task A_session_that_has_ended_unheard_on_another_node_is_forgotten_with_the_first_hint_to_it()
    {
        // A session here keeps the router here.
        await using var sender = await _first.SenderAsync("bob", device: "laptop");
        var there = Directory(_second).NewAddress();
        var router = _first.Services.GetRequiredService<UserRoutes>().Grain(new("bob"));
        await router.RegisterAsync(new SessionRecord(there, new("phone"), new(1), Receiving: true));
        var report = new UserPost([], [new DeliveryReport(new("alice"), [_first.NewId()])]);

        Assert.True(await router.PostAsync(report));
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while (await router.PostAsync(new UserPost([], [])))
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task A_router_moves_to_where_its_users_sessions_are_with_all_that_it_knows()
    {
        // Asked for at the first node, it comes into memory there.
        await _first.Services.GetRequiredService<UserRoutes>().Grain(new("carol")).PostAsync(new UserPost([], []));
        var (here, there) = (Directory(_first), Directory(_second));
        Assert.Equal((1, 0), (here.Routers, there.Routers));

        await using var carol = await _second.ReceiverAsync("carol");

        using var patience = new CancellationTokenSource(RawClient.Patience);
        while ((here.Routers, there.Routers) != (0, 1))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.True(await _first.Services.GetRequiredService<UserRoutes>().Grain(new("carol")).PostAsync(new UserPost([], [])));
    }

    [Fact]
    public async Task What_two_nodes_tell_of_a_message_is_one_trace()
    {
        var told = new ConcurrentQueue<(string What, ActivityTraceId Trace)>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Hexagram.Server",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => told.Enqueue((activity.OperationName, activity.TraceId)),
        };
        ActivitySource.AddActivityListener(listener);
        await using var alice = await _first.SenderAsync("alice");
        await using var bob = await _second.ReceiverAsync("bob");
        var request = _first.Message("bob", "from node to node");

        await TestServer.AcceptAsync(alice, request);
        Assert.Equal(request.Id, (await bob.ReceiveAsync<MessageNotify>()).Id);

        using var patience = new CancellationTokenSource(RawClient.Patience);
        var trace = MessageTrace.IdOf(request.Id);
        while (told.Where(one => one.Trace == trace).Select(one => one.What).Order().ToList() is not ["accept", "notify"])
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static SessionDirectory Directory(TestServer server) => server.Services.GetRequiredService<SessionDirectory>();

    private static Task<TestServer> StartAsync(IPEndPoint address, IPEndPoint primary) => TestServer.StartAsync(
        options => options with { Cluster = new ClusterOptions { Address = address } },
        builder => builder.Services.AddOrleans(silo => silo.UseDevelopmentClustering(primary)));

    private static IPEndPoint FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
