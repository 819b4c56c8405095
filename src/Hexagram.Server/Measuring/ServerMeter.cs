using System.Diagnostics.Metrics;
using Hexagram.Protocol;
using Hexagram.Server.Gateway;

namespace Hexagram.Server.Measuring;

/// <summary>
/// What a server counts, as <c>System.Diagnostics.Metrics</c> under the name <see cref="Name"/>; OpenTelemetry and <c>dotnet-counters</c> read it. Names and units
/// follow OpenTelemetry's conventions. Thread-safe; while nobody listens, counting costs a comparison.
/// </summary>
/// <remarks>docs/metrics.md lists them. No tag names a user: that would be as many series as there are users.</remarks>
internal sealed class ServerMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Hexagram.Server";

    private readonly Counter<long> _requests;
    private readonly Counter<long> _received;
    private readonly Counter<long> _notified;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _confirmed;
    private readonly Counter<long> _stored;
    private readonly Counter<long> _goodbyes;

    public ServerMeter(IMeterFactory meters, SessionRegistry registry)
    {
        var meter = meters.Create(Name);
        _ = meter.CreateObservableUpDownCounter("hexagram.server.connections", () => registry.Count, "{connection}", "Connections at the moment, also those that have not said Hello.");
        _requests = meter.CreateCounter<long>("hexagram.server.requests", "{request}", "msg:R that were answered, by outcome; error.type is the code of what was not accepted.");
        _received = meter.CreateCounter<long>("hexagram.server.accepted.size", "By", "Bytes of bodies that were accepted for the first time.");
        _notified = meter.CreateCounter<long>("hexagram.server.notifications", "{message}", "msg:N that were written.");
        _sent = meter.CreateCounter<long>("hexagram.server.notified.size", "By", "Bytes of bodies in msg:N.");
        _confirmed = meter.CreateCounter<long>("hexagram.server.delivered", "{message}", "Messages that their first device has confirmed.");
        _stored = meter.CreateCounter<long>("hexagram.server.stored", "{message}", "Messages that were accepted while no receiving session of the recipient was known.");
        _goodbyes = meter.CreateCounter<long>("hexagram.server.goodbyes", "{connection}", "Connections that the server has ended, by the code of its Goodbye.");
    }

    /// <summary>A msg:R is on disk, by this request or an earlier one.</summary>
    public void Accepted(bool duplicate, int bodyBytes)
    {
        _requests.Add(1, new KeyValuePair<string, object?>("outcome", duplicate ? "duplicate" : "accepted"));
        if (!duplicate)
        {
            _received.Add(bodyBytes);
        }
    }

    /// <summary>A msg:R is not.</summary>
    public void NotAccepted(ErrorCode code)
    {
        if (_requests.Enabled)
        {
            _requests.Add(1, new("outcome", code.Remedy() == ErrorRemedy.RetryLater ? "retry_later" : "refused"), new("error.type", code.ToString()));
        }
    }

    /// <summary>A msg:N was written.</summary>
    public void Notified(int bodyBytes)
    {
        _notified.Add(1);
        _sent.Add(bodyBytes);
    }

    /// <summary>So many messages have been confirmed by their first device.</summary>
    public void Delivered(int messages) => _confirmed.Add(messages);

    /// <summary>So many messages have found nobody.</summary>
    public void Stored(int messages) => _stored.Add(messages);

    /// <summary>The server has ended a connection.</summary>
    public void SaidGoodbye(ErrorCode code)
    {
        if (_goodbyes.Enabled)
        {
            _goodbyes.Add(1, new KeyValuePair<string, object?>("error.type", code.ToString()));
        }
    }
}
