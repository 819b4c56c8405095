using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>Traces and measurements. Others in this process would be heard as well, so these tests run alone.</summary>
[Collection(nameof(Alone))]
public sealed class TelemetryTests : ClientFixture
{
    private readonly ConcurrentQueue<Activity> _stopped = new();

    [Fact]
    public async Task The_six_packets_of_a_message_are_one_trace()
    {
        using var listening = Listen();
        var alice = await OpenAsync(ClientStore.InMemory());
        var atAlice = await Server.WelcomeAsync();
        await alice.WhenConnectedAsync().Within();
        var sent = await alice.SendAsync("bob", "hello").Within();
        var request = await atAlice.ReadAsync<MessageRequest>();
        await atAlice.SendAsync(Accept(request));
        await sent.Accepted.Within();

        Activity? inHandler = null;
        var bob = await OpenAsync();
        bob.OnMessage((_, _) =>
        {
            inHandler = Activity.Current;
            return Task.CompletedTask;
        });
        var atBob = await ReceivingAsync();
        await atBob.SendAsync(Notify(1, "hello", "alice", request.Id));
        var confirmation = await atBob.ReadAsync<AckRequest>();
        await atBob.SendAsync(new AckAcknowledge(confirmation.Epoch, confirmation.UpTo));
        await atAlice.SendAsync(Report(MessageState.Delivered, request));
        await sent.Delivered.Within();

        var trace = MessageTrace.IdOf(sent.Id);
        var spans = await StoppedAsync(trace, 3);
        Assert.Equal(["confirm", "process", "send"], spans.Select(span => span.OperationName).Order());
        Assert.All(spans, span => Assert.Equal(default, span.ParentSpanId));
        Assert.Equal(
            ["ack:A", "ack:N", "ack:R", "msg:A", "msg:N", "msg:R"],
            spans.SelectMany(span => span.Events).Select(packet => packet.Name).Order(StringComparer.Ordinal));
        var send = spans.Single(span => span.OperationName == "send");
        Assert.Equal(["msg:R", "msg:A", "ack:N"], send.Events.Select(packet => packet.Name));
        Assert.Equal((ActivityKind.Producer, "bob", $"{sent.Id}"), (send.Kind, send.GetTagItem("messaging.destination.name"), send.GetTagItem("messaging.message.id")));
        var process = spans.Single(span => span.OperationName == "process");
        Assert.Same(process, inHandler);
        Assert.Equal((ActivityKind.Consumer, "alice", false), (process.Kind, process.GetTagItem("hexagram.from"), process.GetTagItem("hexagram.redelivered")));
    }

    [Fact]
    public async Task The_callers_own_trace_and_that_of_its_message_lead_to_each_other()
    {
        using var listening = Listen();
        using var source = new ActivitySource("Hexagram.Client.Tests");
        var client = await OpenAsync(ClientStore.InMemory());
        using var caller = source.StartActivity("order")!;
        var sent = await client.SendAsync("bob", "hello").Within();
        Assert.Same(caller, Activity.Current);
        var link = Assert.Single(caller.Links);
        Assert.Equal(MessageTrace.IdOf(sent.Id), link.Context.TraceId);
        await client.DisposeAsync().AsTask().Within();
        var send = Assert.Single(await StoppedAsync(link.Context.TraceId, 1));
        Assert.Equal(link.Context.SpanId, send.SpanId);
        Assert.Equal(caller.Context, Assert.Single(send.Links).Context);
        Assert.Equal(["closed"], send.Events.Select(one => one.Name));
    }

    [Fact]
    public async Task A_message_that_was_stored_and_one_that_was_refused_end_their_spans_and_say_how()
    {
        using var listening = Listen();
        var client = await OpenAsync(ClientStore.InMemory());
        var server = await Server.WelcomeAsync();
        await client.WhenConnectedAsync().Within();
        var stored = await client.SendAsync("bob", "1").Within();
        var refused = await client.SendAsync("carol", "2").Within();
        var first = await server.ReadAsync<MessageRequest>();
        var second = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Accept(first), Report(MessageState.Stored, first), new Error(ErrorCode.Forbidden, "no", second.Id, second.To, TimeSpan.Zero));
        await Assert.ThrowsAsync<MessageRefusedException>(() => refused.Accepted.Within());
        var failed = Assert.Single(await StoppedAsync(MessageTrace.IdOf(refused.Id), 1));
        Assert.Equal((ActivityStatusCode.Error, "Forbidden"), (failed.Status, failed.GetTagItem("error.type")));

        var waiting = Assert.Single(await StoppedAsync(MessageTrace.IdOf(stored.Id), 1));
        Assert.Equal(["msg:R", "msg:A", "ack:N"], waiting.Events.Select(packet => packet.Name));
        await server.SendAsync(Report(MessageState.Delivered, first));
        await stored.Delivered.Within();
        var late = (await StoppedAsync(MessageTrace.IdOf(stored.Id), 2)).Single(span => span.OperationName == "report");
        Assert.Equal("delivered", Assert.Single(late.Events).Tags.Single().Value);
    }

    [Fact]
    public async Task A_handler_that_fails_is_an_error_of_its_span()
    {
        using var listening = Listen();
        var client = await OpenAsync();
        client.OnMessage((_, _) => throw new InvalidOperationException("not yet"));
        var server = await ReceivingAsync();
        var message = Notify(1, "1");
        await server.SendAsync(message);
        var span = Assert.Single(await StoppedAsync(MessageTrace.IdOf(message.Id), 1));
        Assert.Equal((ActivityStatusCode.Error, typeof(InvalidOperationException).FullName), (span.Status, span.GetTagItem("error.type")));
        Assert.DoesNotContain(span.Events, one => one.Name.StartsWith("ack", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_made_when_nobody_listens()
    {
        var client = await OpenAsync(ClientStore.InMemory());
        var sent = await client.SendAsync("bob", "hello").Within();
        Assert.Null(sent.Trace);
        Assert.Null(MessageTrace.Start(Telemetry.ClientTelemetry.Activities, "send", ActivityKind.Producer, sent.Id));
    }

    [Fact]
    public async Task What_happens_is_measured()
    {
        var sums = new ConcurrentDictionary<string, long>();
        var durations = new ConcurrentQueue<double>();
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Hexagram.Client")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => sums[$"{instrument.Name} {tags[0].Value}"] = value);
        meters.SetMeasurementEventCallback<double>((instrument, value, _, _) => durations.Enqueue(value));
        meters.Start();

        var client = await OpenAsync();
        client.OnMessage((_, _) => Task.CompletedTask);
        var server = await ReceivingAsync();
        await client.WhenAsync<ConnectionState.Connected>();
        var first = await client.SendAsync("bob", "1").Within();
        var second = await client.SendAsync("carol", "2").Within();
        var third = await client.SendAsync("dave", "3").Within();
        var requests = new[] { await server.ReadAsync<MessageRequest>(), await server.ReadAsync<MessageRequest>(), await server.ReadAsync<MessageRequest>() };
        await server.SendAsync(Accept(requests[0]), Report(MessageState.Delivered, requests[0]), Accept(requests[1]), Report(MessageState.Stored, requests[1]));
        await first.Delivered.Within();
        await second.WhenAsync(SentState.Stored).Within();
        await server.SendAsync(Notify(1, "in"));
        await ConfirmedAsync(server, 1);
        await server.SendAsync(Notify(1, "in"));
        await ConfirmedAsync(server, 1);
        meters.RecordObservableInstruments();
        Assert.Equal(1, sums["hexagram.client.outbox.messages waiting"]);
        Assert.Equal(1, sums["hexagram.client.outbox.messages stored"]);

        server.Close();
        server = await ReconnectedAsync(client);
        Assert.IsType<StatusRequest>(await server.ReadAsync());
        Assert.Equal(third.Id, (await server.ReadAsync<MessageRequest>()).Id);
        Assert.Equal(
            (3, 2, 1, 1, 1),
            (sums["hexagram.client.sent.messages"], sums["hexagram.client.accepted.messages"], sums["hexagram.client.delivered.messages"], sums["hexagram.client.resends"], sums["hexagram.client.duplicates"]));
        Assert.InRange(sums["hexagram.client.reconnects"], 1, 2);
        Assert.InRange(Assert.Single(durations), 0, 20);
        await client.DisposeAsync().AsTask().Within();
        meters.RecordObservableInstruments();
        Assert.Equal(0, sums["hexagram.client.outbox.messages waiting"]);
    }

    private ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Hexagram.Client", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>So many stopped activities of this trace; they are stopped a moment after what they tell of.</summary>
    private async Task<IReadOnlyList<Activity>> StoppedAsync(ActivityTraceId trace, int count)
    {
        using var patience = new CancellationTokenSource(Waiting.Patience);
        while (_stopped.Count(activity => activity.TraceId == trace) < count)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return [.. _stopped.Where(activity => activity.TraceId == trace)];
    }
}

/// <summary>Tests that hear everything that this process does, one after the other and beside no others.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
