using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Hexagram.Processes;
using Hexagram.Protocol;
using Hexagram.Server.Gateway;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Tests.Harness;
using Hexagram.Server.Tests.Polling;
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
        var primary = FreePort.Next();
        _first = await StartAsync(primary, primary);
        _second = await StartAsync(FreePort.Next(), primary);
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
    public async Task A_connection_of_polls_goes_on_at_whichever_node_the_next_one_comes_to()
    {
        using var here = new PollingClient(_first, "dora");
        using var there = new PollingClient(_second, "dora") { Hello = here.Hello };
        (await here.PollAsync()).Well();
        (await there.PollAsync()).Well();
        (await here.PollAsync()).Well();

        // One that is held is answered without a fault when the connection goes on elsewhere.
        var held = await here.HeldAsync();
        (await there.PollAsync()).Well();
        (await held.WaitAsync(RawClient.Patience)).Well();
        var heldThere = await there.HeldAsync();
        (await here.PollAsync()).Well();
        (await heldThere.WaitAsync(RawClient.Patience)).Well();
    }

    [Fact]
    public async Task An_older_connection_of_polls_is_superseded_at_another_node()
    {
        using var here = new PollingClient(_first, "erik");
        using var there = new PollingClient(_second, "erik") { Hello = here.Hello };
        (await here.PollAsync()).Well();
        there.Hello = there.Hello with { Connection = new(there.Hello.Connection.Value + 1) };
        (await there.PollAsync()).Well();

        Assert.Equal(ErrorCode.Superseded, (await here.PollAsync()).Goodbye?.Code);
    }

    [Fact]
    public async Task A_poll_that_is_held_is_said_again_without_taking_back_what_went_on_elsewhere()
    {
        using var here = new PollingClient(_first, "frida");
        using var there = new PollingClient(_second, "frida") { Hello = here.Hello };
        var gone = await here.HeldAsync();
        var old = Assert.Single(_first.Sessions.Sessions).Open!.Record;
        (await there.PollAsync()).Well();
        (await gone.WaitAsync(RawClient.Patience)).Well();
        var router = _first.Services.GetRequiredService<UserRoutes>().Grain(new("frida"));

        await router.KeepAsync([old]);

        var held = await there.HeldAsync();
        await TestServer.AcceptAsync(await _second.SenderAsync("gustav"), _second.Message("frida", "hello"));
        Assert.Equal([1], (await held.WaitAsync(RawClient.Patience)).Well().Entries);
    }

    [Fact]
    public async Task A_request_that_only_brings_messages_is_no_session_to_be_said_to_a_router()
    {
        _first.Store.HoldAppends();
        using var hanna = new PollingClient(_first, "hanna");
        var sending = hanna.SendAsync([_first.Message("ida", "hello")]);
        await _first.Store.WhenAppendsAsync(1);

        await _first.Services.GetServices<IHostedService>().OfType<Heartbeat>().Single().BeatAsync(CancellationToken.None);

        // Calls to one router come one after the other: what the beat said has been taken in when this returns.
        Assert.False(await _first.Services.GetRequiredService<UserRoutes>().Grain(new("hanna")).PostAsync(new UserPost([], [])));
        Assert.DoesNotContain(_first.Logs.Lines.Concat(_second.Logs.Lines), line => line.Text.Contains("KeepAsync", StringComparison.Ordinal));
        _first.Store.Release();
        (await sending.WaitAsync(RawClient.Patience)).Well();
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
}
