using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Hexagram.Protocol;
using Hexagram.Server.Cluster;
using Hexagram.Server.Gateway;
using Hexagram.Server.Gateway.Polling;

namespace Hexagram.Server.Telemetry;

/// <summary>
/// What a server counts, as <c>System.Diagnostics.Metrics</c> under the name <see cref="Name"/>; OpenTelemetry and <c>dotnet-counters</c> read it. Names and units
/// follow OpenTelemetry's conventions. Thread-safe; counting allocates nothing, whoever listens.
/// </summary>
/// <remarks>docs/metrics.md lists them. No tag names a user: that would be as many series as there are users.</remarks>
internal sealed class ServerMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Hexagram.Server";

    private readonly CountByCode _notAccepted = new();
    private readonly CountByCode _goodbyes = new();
    private readonly long[] _polls = new long[Enum.GetValues<PollOutcome>().Length];
    private long _accepted;
    private long _acceptedBytes;
    private long _duplicates;
    private long _notified;
    private long _notifiedBytes;
    private long _delivered;
    private long _stored;

    public ServerMeter(IMeterFactory meters, SessionRegistry registry, PollLeases leases, OtherNodes? others = null)
    {
        var meter = meters.Create(Name);
        meter.CreateObservableUpDownCounter("hexagram.server.connections", () => (long)registry.Count, "{connection}", "Connections at the moment, also those that have not said Hello.");
        meter.CreateObservableCounter("hexagram.server.requests", Requests, "{request}", "msg:R that were answered, by outcome, and by the code of what was not accepted.");
        meter.CreateObservableCounter("hexagram.server.accepted.size", () => Volatile.Read(ref _acceptedBytes), "By", "Bytes of bodies that were accepted for the first time.");
        meter.CreateObservableCounter("hexagram.server.notifications", () => Volatile.Read(ref _notified), "{message}", "msg:N that were written.");
        meter.CreateObservableCounter("hexagram.server.notified.size", () => Volatile.Read(ref _notifiedBytes), "By", "Bytes of bodies in msg:N.");
        meter.CreateObservableCounter("hexagram.server.delivered", () => Volatile.Read(ref _delivered), "{message}", "Messages that their first device has confirmed.");
        meter.CreateObservableCounter("hexagram.server.stored", () => Volatile.Read(ref _stored), "{message}", "Accepted requests for which no receiving session of the recipient was known.");
        meter.CreateObservableCounter("hexagram.server.goodbyes", () => _goodbyes.Measure(), "{connection}", "Connections that the server has ended, by the code of its Goodbye.");
        meter.CreateObservableCounter("hexagram.server.polls", Polls, "{poll}", "Polls that are over, by outcome.");
        if (others is not null)
        {
            meter.CreateObservableUpDownCounter("hexagram.cluster.nodes", () => (long)others.Count + 1, "{node}", "Nodes of the cluster that live, as far as this one knows; itself among them.");
        }

        meter.CreateObservableUpDownCounter("hexagram.server.polling", () => (long)leases.Count, "{device}", "Devices that poll at the moment, also between two polls.");
    }

    /// <summary>A msg:R is on disk, by this request or an earlier one.</summary>
    public void Accepted(bool duplicate, int bodyBytes)
    {
        if (duplicate)
        {
            Interlocked.Increment(ref _duplicates);
            return;
        }

        Interlocked.Increment(ref _accepted);
        Interlocked.Add(ref _acceptedBytes, bodyBytes);
    }

    /// <summary>A msg:R is not.</summary>
    public void NotAccepted(ErrorCode code) => _notAccepted.Add(code);

    /// <summary>A msg:N was written.</summary>
    public void Notified(int bodyBytes)
    {
        Interlocked.Increment(ref _notified);
        Interlocked.Add(ref _notifiedBytes, bodyBytes);
    }

    /// <summary>So many messages have been confirmed by their first device.</summary>
    public void Delivered(int messages) => Interlocked.Add(ref _delivered, messages);

    /// <summary>So many messages have found nobody.</summary>
    public void Stored(int messages) => Interlocked.Add(ref _stored, messages);

    /// <summary>The server has ended a connection.</summary>
    public void SaidGoodbye(ErrorCode code) => _goodbyes.Add(code);

    /// <summary>A poll is over.</summary>
    public void Polled(PollOutcome outcome) => Interlocked.Increment(ref _polls[(int)outcome]);

    private IEnumerable<Measurement<long>> Polls() => Enum.GetValues<PollOutcome>()
        .Select(outcome => new Measurement<long>(Volatile.Read(ref _polls[(int)outcome]), new KeyValuePair<string, object?>("outcome", outcome.ToString().ToLowerInvariant())));

    private IEnumerable<Measurement<long>> Requests() =>
    [
        new(Volatile.Read(ref _accepted), new KeyValuePair<string, object?>("outcome", "accepted")),
        new(Volatile.Read(ref _duplicates), new KeyValuePair<string, object?>("outcome", "duplicate")),
        .. _notAccepted.Measure(code => new("outcome", code.Remedy() == ErrorRemedy.RetryLater ? "retry_later" : "refused")),
    ];

    /// <summary>A count for each code that has come up.</summary>
    private sealed class CountByCode
    {
        private readonly ConcurrentDictionary<ErrorCode, StrongBox<long>> _counts = new();

        public void Add(ErrorCode code) => Interlocked.Increment(ref _counts.GetOrAdd(code, static _ => new StrongBox<long>()).Value);

        public IEnumerable<Measurement<long>> Measure(Func<ErrorCode, KeyValuePair<string, object?>>? more = null) => _counts.Select(count =>
        {
            var code = new KeyValuePair<string, object?>("error.type", count.Key.ToString());
            return more is null ? new Measurement<long>(Volatile.Read(ref count.Value.Value), code) : new(Volatile.Read(ref count.Value.Value), more(count.Key), code);
        });
    }
}
