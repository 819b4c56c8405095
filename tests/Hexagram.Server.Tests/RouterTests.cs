using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Hexagram.Protocol;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Tests.Harness;
using Hexagram.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Hexagram.Server.Tests;

/// <summary>The router: what crosses from node to node, and how hints gather.</summary>
public sealed class RouterTests
{
    [Fact]
    public async Task What_crosses_between_nodes_arrives_as_it_was()
    {
        await using var server = await TestServer.StartAsync();
        var serializer = server.Services.GetRequiredService<Serializer>();
        var now = server.Time.GetUtcNow();
        Entry[] entries =
        [
            new(new(7), server.NewId(), new("alice"), now, "你好"),
            new(new(8), server.NewId(), new("alice"), now, Body.FromBytes(new byte[] { 1, 2, 3 }, "image/png")),
            new(new(9), server.NewId(), new("alice"), now, ""),
        ];
        var post = new UserPost(
            [.. entries.Select((entry, n) => new EntryHint(entry, n == 1))],
            [new DeliveryReport(new("bob"), [server.NewId(), server.NewId()])]);
        var record = new SessionRecord(new SessionAddress("node", 5), new("phone"), new(9), Receiving: true);

        var arrived = Assert.IsType<UserPost>(serializer.Deserialize<UserPost>(serializer.SerializeToArray(post)));

        Assert.Equal(post.Entries, arrived.Entries);
        Assert.Equal(post.Reports[0].By, arrived.Reports[0].By);
        Assert.Equal(post.Reports[0].Ids, arrived.Reports[0].Ids);
        Assert.Equal(record, serializer.Deserialize<SessionRecord>(serializer.SerializeToArray(record)));
    }

    [Fact]
    public void Routers_that_do_not_answer_cost_bounded_memory_however_many_users_they_have()
    {
        const int bodyBytes = 1 << 20, users = 300;
        var routers = new SilentRouter();
        var routes = new UserRoutes(OneRouter.Of(routers), NullLogger<UserRoutes>.Instance);
        var entry = new Entry(new(1), MessageId.New(DateTimeOffset.UnixEpoch), new("alice"), DateTimeOffset.UnixEpoch, Body.FromBytes(new byte[bodyBytes], "image/png"));

        // Of each the first is on its way, and the second waits behind it.
        for (var n = 0; n < 2 * users; n++)
        {
            Arrive($"user-{n / 2}");
        }

        var room = (int)(UserRoutes.HeldBytesMax / (bodyBytes + UserRoutes.HintBytes));
        Assert.Equal(room, routers.Hints + (room / 2));
        Assert.Equal(routers.Hints, routes.Count);

        routers.Answer();
        Assert.True(SpinWait.SpinUntil(() => routes.Count == 0, RawClient.Patience));
        Assert.Equal(room, routers.Hints);
        Arrive("user-0");
        Assert.Equal(room + 1, routers.Hints);

        void Arrive(string user) => routes.Arrived(new(user), [new EntryHint(entry, Repeated: false)], new Nobody());
    }

    [Fact]
    public async Task Routes_are_kept_only_while_in_use()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        for (var n = 0; n < 50; n++)
        {
            await TestServer.AcceptAsync(alice, server.Message($"user-{n}", "hello"));
            await alice.ReceiveAsync<AckNotify>();
        }

        await server.AdvanceUntilAsync(() => server.Services.GetRequiredService<UserRoutes>().Posting == 0);
    }

    [Fact]
    public async Task Whoever_posts_first_does_not_post_for_all_who_come_after()
    {
        await using var server = await TestServer.StartAsync();
        var routes = server.Services.GetRequiredService<UserRoutes>();
        var session = new EndlessPost(routes);
        var sessions = new LiveSessions(new("bob"), server.Services.GetRequiredService<SessionDirectory>(), new ServerOptions());
        var directory = server.Services.GetRequiredService<SessionDirectory>();
        var address = directory.NewAddress();
        directory.Add(address, session);
        sessions.Register(new SessionRecord(address, new("phone"), new(1), Receiving: true));
        routes.Publish(new("carol"), sessions);

        // Each post to carol adds another report for her: the first caller makes the first, and no other. It has a thread of its own, to be known by.
        var caller = new Thread(() => routes.Report(new("carol"), new DeliveryReport(new("bob"), [server.NewId()])));
        session.Caller = caller;
        caller.Start();

        await session.Enough.Task.WaitAsync(RawClient.Patience);
        Assert.Equal(1, session.PostsByCaller);
        directory.Remove(address);
        await server.AdvanceUntilAsync(() => routes.Posting == 0);
    }

    [Fact]
    public async Task Routers_of_users_without_sessions_are_bounded_and_those_with_sessions_stay()
    {
        const int beyond = 500;
        await using var server = await TestServer.StartAsync(TestServer.NeverIdle);
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var routes = server.Services.GetRequiredService<UserRoutes>();
        var directory = server.Services.GetRequiredService<SessionDirectory>();

        foreach (var users in Enumerable.Range(0, UserRouterGrain.WithoutSessionsMax + beyond).Chunk(500))
        {
            await Task.WhenAll(users.Select(n => routes.Grain(new($"user-{n}")).PostAsync(new UserPost([], [])).AsTask()));
        }

        await server.AdvanceUntilAsync(() => directory.Routers <= UserRouterGrain.WithoutSessionsMax + directory.Count);
        await alice.SettleAsync();
        await TestServer.AcceptAsync(alice, server.Message("bob", "still there"));
        Assert.Equal("still there", Assert.Single((await bob.ReceiveUntilAsync<MessageNotify>()).OfType<MessageNotify>()).Body.Text);
    }

    [Fact]
    public async Task The_router_of_a_quiet_user_who_is_online_is_not_collected()
    {
        await using var server = await TestServer.StartAsync(options => options with { Router = new RouterOptions { Heartbeat = TimeSpan.FromDays(1) } });
        await using var bob = await server.ReceiverAsync("bob");
        var directory = server.Services.GetRequiredService<SessionDirectory>();
        var grains = server.Services.GetRequiredService<IGrainFactory>();
        await server.Services.GetRequiredService<UserRoutes>().Grain(new("nobody")).PostAsync(new UserPost([], []));
        Assert.Equal(2, directory.Routers);

        // As if both had been idle for as long as routers may be.
        await grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero).WaitAsync(RawClient.Patience);
        await server.AdvanceUntilAsync(() => directory.Routers < 2);

        Assert.Equal(1, directory.Routers);
        Assert.True(await server.Services.GetRequiredService<UserRoutes>().Grain(new("bob")).PostAsync(new UserPost([], [])));
    }

    [Fact]
    public async Task A_busy_recipient_gets_all_in_order_from_many_senders()
    {
        const int senders = 10;
        const int each = 100;
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob", window: 1_000);
        var clients = await Task.WhenAll(Enumerable.Range(0, senders).Select(n => server.SenderAsync($"sender-{n}")));

        await Task.WhenAll(clients.Select(client => client.SendAsync([.. Enumerable.Range(0, each).Select(n => server.Message("bob", $"{n}"))])));

        var next = new Dictionary<UserId, int>();
        for (var n = 1; n <= senders * each; n++)
        {
            var entry = await bob.ReceiveAsync<MessageNotify>();
            Assert.Equal(n, entry.Sequence.Value);
            Assert.Equal($"{next.GetValueOrDefault(entry.From)}", entry.Body.Text);
            next[entry.From] = next.GetValueOrDefault(entry.From) + 1;
        }

        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(senders * each)));
        foreach (var client in clients)
        {
            var accepted = 0;
            var delivered = 0;
            while (delivered < each)
            {
                switch (await client.ReceiveAnyAsync())
                {
                    case MessageAcknowledge:
                        accepted++;
                        break;
                    case AckNotify { State: MessageState.Delivered } report:
                        delivered += report.Ids.Count;
                        break;
                }
            }

            Assert.Equal(each, accepted);
            await client.DisposeAsync();
        }
    }

    /// <summary>A session that is told of something more whenever it is told of something, a thousand times.</summary>
    private sealed class EndlessPost(UserRoutes routes) : ISessionPost
    {
        private int _posts;

        public TaskCompletionSource Enough { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Thread? Caller { get; set; }

        public int PostsByCaller { get; private set; }

        public void Notify(IReadOnlyList<EntryHint> entries)
        {
        }

        public void Report(IReadOnlyList<DeliveryReport> reports)
        {
            PostsByCaller += Thread.CurrentThread == Caller ? 1 : 0;
            if (++_posts == 1_000)
            {
                Enough.SetResult();
            }
            else if (_posts < 1_000)
            {
                // From another thread, as sessions do; and before this round ends.
                Task.Run(() => routes.Report(new("carol"), reports[0])).Wait(RawClient.Patience);
            }
        }

        public void Supersede()
        {
        }
    }

    /// <summary>The router of everybody, which does not answer before it is told to.</summary>
    private sealed class SilentRouter : IUserRouterGrain
    {
        private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _hints;

        /// <summary>How many it has been brought.</summary>
        public int Hints => _hints;

        public void Answer() => _answer.SetResult(true);

        public async ValueTask<bool> PostAsync(UserPost post)
        {
            Interlocked.Add(ref _hints, post.Entries.Count);
            return await _answer.Task;
        }

        public ValueTask<RegisterOutcome> RegisterAsync(SessionRecord session) => throw new NotSupportedException();

        public ValueTask UnregisterAsync(SessionAddress session) => throw new NotSupportedException();

        public ValueTask KeepAsync(IReadOnlyList<SessionRecord> sessions) => throw new NotSupportedException();
    }

    /// <summary>Grains that are all the same one.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives from it.")]
    private class OneRouter : DispatchProxy
    {
        private IUserRouterGrain? _router;

        public static IGrainFactory Of(IUserRouterGrain router)
        {
            var grains = Create<IGrainFactory, OneRouter>();
            ((OneRouter)(object)grains)._router = router;
            return grains;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) => _router;
    }

    private sealed class Nobody : IStoredListener
    {
        public void Stored(UserId by, IReadOnlyList<MessageId> ids)
        {
        }
    }
}
