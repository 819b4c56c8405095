using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hexagram.Client.Sending;

namespace Hexagram.Client.Telemetry;

/// <summary>
/// What OpenTelemetry and its like can hear of all clients in this process, by the names of <see cref="Name"/>. Where nobody listens, each place costs a
/// comparison. Thread-safe.
/// </summary>
internal static class ClientTelemetry
{
    /// <summary>Of the activities and of the instruments.</summary>
    internal const string Name = "Hexagram.Client";

    internal static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Instruments = new(Name);

    internal static readonly Counter<long> Sent = Instruments.CreateCounter<long>(
        "hexagram.client.sent.messages", "{message}", "Messages that have become durable in the outbox.");

    internal static readonly Counter<long> Accepted = Instruments.CreateCounter<long>(
        "hexagram.client.accepted.messages", "{message}", "Messages of one's own that are on the server's disk.");

    internal static readonly Counter<long> Delivered = Instruments.CreateCounter<long>(
        "hexagram.client.delivered.messages", "{message}", "Messages of one's own that a device of the recipient has committed.");

    internal static readonly Counter<long> Refused = Instruments.CreateCounter<long>(
        "hexagram.client.refused.messages", "{message}", "Messages of one's own that the server will not take.");

    internal static readonly Counter<long> Resends = Instruments.CreateCounter<long>(
        "hexagram.client.resends", "{packet}", "msg:R sent again.");

    internal static readonly Counter<long> Duplicates = Instruments.CreateCounter<long>(
        "hexagram.client.duplicates", "{message}", "Messages that came again and were dropped.");

    internal static readonly Counter<long> Reconnects = Instruments.CreateCounter<long>(
        "hexagram.client.reconnects", "{connection}", "Connections welcomed by the server after the first of each client.");

    internal static readonly Histogram<double> HandlerDuration = Instruments.CreateHistogram<double>(
        "hexagram.client.handler.duration",
        "s",
        "How long the application's handler ran for one message.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });

    private static readonly Lock Gate = new();
    private static readonly HashSet<OutboxRoom> Outboxes = [];

    /// <summary>Made here and not as a field: an observable instrument is watched for as long as its meter lives.</summary>
    static ClientTelemetry() => Instruments.CreateObservableUpDownCounter(
        "hexagram.client.outbox.messages", Observe, "{message}", "Messages in the outboxes: waiting for the server or their confirmation, or stored for a recipient who is away.");

    /// <summary>Counts what is in this outbox until <see cref="Closed"/>.</summary>
    internal static void Opened(OutboxRoom outbox)
    {
        lock (Gate)
        {
            Outboxes.Add(outbox);
        }
    }

    internal static void Closed(OutboxRoom outbox)
    {
        lock (Gate)
        {
            Outboxes.Remove(outbox);
        }
    }

    /// <summary>A point on the stopwatch while somebody listens, else 0.</summary>
    internal static long HandlerBegins() => HandlerDuration.Enabled ? Stopwatch.GetTimestamp() : 0;

    internal static void HandlerEnds(long begun, bool failed)
    {
        if (begun != 0)
        {
            HandlerDuration.Record(
                Stopwatch.GetElapsedTime(begun).TotalSeconds,
                new KeyValuePair<string, object?>("hexagram.outcome", failed ? "failed" : "handled"));
        }
    }

    /// <summary>Ends an activity at its last event, on another thread: whoever hears of it may take its time, and the caller holds a lock.</summary>
    internal static void Stop(Activity activity)
    {
        activity.SetEndTime(activity.Events.Last().Timestamp.UtcDateTime);
        ThreadPool.UnsafeQueueUserWorkItem(static activity => activity.Stop(), activity, preferLocal: false);
    }

    private static Measurement<int>[] Observe()
    {
        lock (Gate)
        {
            // Two numbers that change under locks of their own; a measurement may be a message late.
            return
            [
                new(Outboxes.Sum(outbox => outbox.Waiting), new KeyValuePair<string, object?>("hexagram.state", "waiting")),
                new(Outboxes.Sum(outbox => outbox.Stored), new KeyValuePair<string, object?>("hexagram.state", "stored")),
            ];
        }
    }
}
