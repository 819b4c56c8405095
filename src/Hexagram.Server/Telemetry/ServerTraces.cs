using System.Diagnostics;
using Hexagram.Protocol;
using Hexagram.Storage;

namespace Hexagram.Server.Telemetry;

/// <summary>
/// The server's part of a message's trace (see <see cref="MessageTrace"/>): <c>accept</c>, from msg:R to its answer, <c>notify</c> and <c>confirm</c>. Where nobody
/// listens to <c>Hexagram.Server</c>, each place costs a comparison.
/// </summary>
internal static class ServerTraces
{
    internal static readonly ActivitySource Activities = new("Hexagram.Server");

    /// <summary>msg:R has arrived.</summary>
    internal static Activity? Accept(MessageRequest request) => Start("accept", ActivityKind.Server, request.Id, "msg:R");

    /// <summary>Its answer is written.</summary>
    internal static void Answered(Activity accept, ErrorCode code)
    {
        accept.AddEvent(new ActivityEvent(code == ErrorCode.None ? "msg:A" : "error"));
        if (code != ErrorCode.None)
        {
            accept.SetStatus(ActivityStatusCode.Error, code.ToString());
            accept.SetTag("error.type", code.ToString());
        }

        Stop(accept);
    }

    /// <summary>msg:N is written.</summary>
    internal static void Notified(Entry entry, bool redelivered)
    {
        if (Start("notify", ActivityKind.Producer, entry.Id, "msg:N") is { } activity)
        {
            activity.SetTag("hexagram.redelivered", redelivered);
            Stop(activity);
        }
    }

    /// <summary>ack:R has confirmed these, for the first time.</summary>
    internal static void Confirmed(IReadOnlyList<DeliveredMessage> delivered)
    {
        if (!Activities.HasListeners())
        {
            return;
        }

        foreach (var message in delivered)
        {
            if (Start("confirm", ActivityKind.Server, message.Id, "ack:R") is { } activity)
            {
                Stop(activity);
            }
        }
    }

    private static Activity? Start(string name, ActivityKind kind, MessageId id, string packet)
    {
        var activity = MessageTrace.Start(Activities, name, kind, id);
        activity?.AddEvent(new ActivityEvent(packet));
        return activity;
    }

    /// <summary>At its last event, and on another thread: whoever hears of it may take its time, and a session's lock may be held here.</summary>
    private static void Stop(Activity activity)
    {
        activity.SetEndTime(activity.Events.Last().Timestamp.UtcDateTime);
        ThreadPool.UnsafeQueueUserWorkItem(static activity => activity.Stop(), activity, preferLocal: false);
    }
}
