using System.Collections.Concurrent;
using System.Diagnostics;
using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests;

/// <summary>What the server tells of a message to whoever listens: activities in the trace that sender and recipient tell of it in.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _stopped = new();
    private readonly ActivityListener _listener;

    public TraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Hexagram.Server",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task The_servers_part_of_a_message_is_one_trace_that_its_id_names()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "hello");

        await alice.SendAsync(request);
        await alice.ReceiveAsync<MessageAcknowledge>();
        var notified = await bob.ReceiveAsync<MessageNotify>();
        await bob.SendAsync(new AckRequest(server.Store.Epoch, notified.Sequence));
        await alice.ReceiveAsync<AckNotify>();

        var activities = await StoppedAsync(request.Id, 3);
        Assert.Equal(["accept", "confirm", "notify"], activities.Select(activity => activity.OperationName).Order());
        Assert.Equal(["msg:R", "msg:A"], activities.Single(activity => activity.OperationName == "accept").Events.Select(packet => packet.Name));
        Assert.Equal(["msg:N"], activities.Single(activity => activity.OperationName == "notify").Events.Select(packet => packet.Name));
        Assert.All(activities, activity => Assert.Equal(default, activity.ParentSpanId));
    }

    [Fact]
    public async Task A_message_that_is_not_accepted_says_why()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { BodyBytesMax = 10 } });
        await using var alice = await server.SenderAsync("alice");
        var request = server.Message("bob", "more than ten bytes");

        await alice.SendAsync(request);
        await alice.ReceiveAsync<Error>();

        var refused = Assert.Single(await StoppedAsync(request.Id, 1));
        Assert.Equal(("accept", ActivityStatusCode.Error, "BodyTooLarge"), (refused.OperationName, refused.Status, refused.GetTagItem("error.type")));
    }

    /// <summary>So many stopped activities of this message; they are stopped a moment after what they tell of.</summary>
    private async Task<IReadOnlyList<Activity>> StoppedAsync(MessageId id, int count)
    {
        var trace = MessageTrace.IdOf(id);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (_stopped.Count(activity => activity.TraceId == trace) < count)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return [.. _stopped.Where(activity => activity.TraceId == trace)];
    }
}
