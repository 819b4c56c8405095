using Hexagram.Protocol;
using Hexagram.Server.Cluster;
using Hexagram.Server.Router;
using Hexagram.Server.Tests.Harness;
using Hexagram.Storage;

namespace Hexagram.Server.Tests.Cluster;

/// <summary>The way to another node: what gathers behind a call, and what a node that does not answer may cost.</summary>
public sealed class NodeRouteTests
{
    private static readonly UserId Bob = new("bob");

    [Fact]
    public async Task What_gathers_behind_a_call_leaves_with_the_next()
    {
        var node = new SteeredNode();
        var route = new NodeRoute(node, _ => { });

        route.Add(Post(1, 10));
        var first = await node.NextAsync();
        route.Add(Post(2, 10));
        route.Add(Post(3, 10));
        Assert.Equal([1], first.Posts.Select(post => post.Session));
        first.Answer();

        var second = await node.NextAsync();
        Assert.Equal([2, 3], second.Posts.Select(post => post.Session));
        second.Answer();
    }

    [Fact]
    public async Task A_node_that_does_not_answer_costs_bounded_memory()
    {
        const int bodyBytes = 1 << 20;
        var node = new SteeredNode();
        var route = new NodeRoute(node, _ => { });
        route.Add(Post(0, bodyBytes));
        var call = await node.NextAsync();

        for (var n = 1; n <= 200; n++)
        {
            route.Add(Post(n, bodyBytes));
        }

        Assert.Equal((int)(NodeRoute.WaitingBytesMax / (bodyBytes + (2 * NodeRoute.PostBytes))), route.Waiting);
        call.Answer();
        (await node.NextAsync()).Answer();
    }

    [Fact]
    public async Task A_call_that_fails_is_told_and_the_next_goes_out()
    {
        var lost = new List<Exception>();
        var node = new SteeredNode();
        var route = new NodeRoute(node, lost.Add);
        route.Add(Post(1, 10));
        var call = await node.NextAsync();
        route.Add(Post(2, 10));

        call.Fail();

        (await node.NextAsync()).Answer();
        Assert.IsType<TimeoutException>(Assert.Single(lost));
    }

    private static SessionPost Post(long session, int bodyBytes)
    {
        var entry = new Entry(new(session + 1), MessageId.New(DateTimeOffset.UnixEpoch), new("alice"), DateTimeOffset.UnixEpoch, Body.FromBytes(new byte[bodyBytes], "image/png"));
        return new SessionPost(Bob, session, [new EntryHint(entry, Repeated: false)], [], SessionOrder.None);
    }

    /// <summary>A node whose answers the test gives.</summary>
    private sealed class SteeredNode : INodePost
    {
        private readonly System.Threading.Channels.Channel<Call> _calls = System.Threading.Channels.Channel.CreateUnbounded<Call>();

        public Task<Call> NextAsync() => _calls.Reader.ReadAsync().AsTask().WaitAsync(RawClient.Patience);

        public ValueTask PostAsync(IReadOnlyList<SessionPost> posts)
        {
            var call = new Call(posts);
            _calls.Writer.TryWrite(call);
            return new(call.Answered);
        }

        public ValueTask<int> SignOutAsync(UserId user, DeviceId? device) => new(0);
    }

    private sealed class Call(IReadOnlyList<SessionPost> posts)
    {
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<SessionPost> Posts => posts;

        public Task Answered => _answered.Task;

        public void Answer() => _answered.SetResult();

        public void Fail() => _answered.SetException(new TimeoutException("It did not answer."));
    }
}
