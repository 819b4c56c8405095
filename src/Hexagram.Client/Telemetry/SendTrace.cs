using System.Diagnostics;
using Hexagram.Protocol;

namespace Hexagram.Client.Telemetry;

/// <summary>
/// The sender's part of a message's trace: <c>send</c> lasts from <c>SendAsync</c> until the message is delivered, stored or given up, and has msg:R, msg:A and ack:N as
/// its events. Used under the sender's lock.
/// </summary>
internal sealed class SendTrace
{
    private readonly int _bodyBytes;
    private readonly UserId _to;
    private readonly ActivityLink? _origin;
    private Activity _activity;
    private bool _ended;

    private SendTrace(Activity activity, UserId to, int bodyBytes, ActivityLink? origin)
    {
        _to = to;
        _bodyBytes = bodyBytes;
        _origin = origin;
        _activity = activity;
        Describe();
    }

    /// <summary>The span is over; what comes later has one of its own.</summary>
    internal bool HasEnded => _ended;

    /// <summary>Begins the span, and links it with the caller's own trace, there and here.</summary>
    /// <returns>Null when nobody listens.</returns>
    internal static SendTrace? Begin(SentMessage message)
    {
        if (!ClientTelemetry.Activities.HasListeners())
        {
            return null;
        }

        var caller = Activity.Current;
        ActivityLink? origin = caller is { IdFormat: ActivityIdFormat.W3C } ? new ActivityLink(caller.Context) : null;
        if (Start(message.Entry.Id, origin) is not { } activity)
        {
            return null;
        }

        if (origin is not null)
        {
            caller!.AddLink(new ActivityLink(activity.Context));
        }

        return new SendTrace(activity, message.To, message.BodyBytes, origin);
    }

    /// <summary>msg:R goes out.</summary>
    internal void Transmitted(int times) =>
        Add("msg:R", new KeyValuePair<string, object?>("hexagram.attempt", times));

    /// <summary>The message has another id now, and so another trace, which the old one leads to.</summary>
    internal void Remade(MessageId id)
    {
        if (_ended || Start(id, _origin) is not { } activity)
        {
            return;
        }

        activity.AddLink(new ActivityLink(_activity.Context));
        _activity.AddLink(new ActivityLink(activity.Context));
        Add("remade");
        ClientTelemetry.Stop(_activity);
        _activity = activity;
        Describe();
    }

    /// <summary>msg:A or ack:N has come.</summary>
    internal void Risen(SentState state)
    {
        if (state == SentState.Accepted)
        {
            Add("msg:A");
            return;
        }

        Add("ack:N", new KeyValuePair<string, object?>("hexagram.state", Word(state)));
        End();
    }

    /// <summary>It will not rise further.</summary>
    internal void GivenUp(Exception why)
    {
        switch (why)
        {
            case MessageRefusedException refused:
                _activity.SetStatus(ActivityStatusCode.Error, refused.Message);
                _activity.SetTag("error.type", refused.Code.ToString());
                Add("refused");
                break;
            case OperationCanceledException:
                Add("cancelled");
                break;
            default:
                Add("closed");
                break;
        }

        End();
    }

    /// <summary>
    /// ack:N has come for a message whose span has ended before, when it was stored, or began in an earlier process.
    /// </summary>
    internal static void DeliveredLate(SentMessage message)
    {
        if (Start(message.Entry.Id, null, "report") is { } activity)
        {
            activity.SetTag("messaging.destination.name", message.To.Value);
            activity.AddEvent(new ActivityEvent("ack:N", tags: new ActivityTagsCollection { ["hexagram.state"] = Word(SentState.Delivered) }));
            ClientTelemetry.Stop(activity);
        }
    }

    private static Activity? Start(MessageId id, ActivityLink? origin, string name = "send") =>
        MessageTrace.Start(ClientTelemetry.Activities, name, ActivityKind.Producer, id, origin);

    private void Describe()
    {
        _activity.SetTag("messaging.operation.type", "send");
        _activity.SetTag("messaging.destination.name", _to.Value);
        _activity.SetTag("messaging.message.body.size", _bodyBytes);
    }

    private void Add(string name, KeyValuePair<string, object?>? tag = null)
    {
        if (!_ended)
        {
            _activity.AddEvent(new ActivityEvent(name, tags: tag is { } one ? new ActivityTagsCollection([one]) : null));
        }
    }

    private void End()
    {
        if (!_ended)
        {
            _ended = true;
            ClientTelemetry.Stop(_activity);
        }
    }

    private static string Word(SentState state) => state == SentState.Stored ? "stored" : "delivered";
}
