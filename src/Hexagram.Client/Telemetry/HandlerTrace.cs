using System.Diagnostics;
using Hexagram.Client.Receiving;
using Hexagram.Protocol;

namespace Hexagram.Client.Telemetry;

/// <summary>
/// The recipient's part of a message's trace: <c>process</c> is the handler and the commit behind it, with msg:N as an event at the time it came; the activities that the
/// handler starts are its children. <c>confirm</c> follows, from ack:R to ack:A.
/// </summary>
internal static class HandlerTrace
{
    /// <summary>Starts <c>process</c> and makes it the current activity. The caller disposes of it.</summary>
    internal static Activity? Begin(InboxItem item, Message message)
    {
        var activity = MessageTrace.Start(ClientTelemetry.Activities, "process", ActivityKind.Consumer, message.Id);
        if (activity is null)
        {
            return null;
        }

        activity.SetTag("messaging.operation.type", "process");
        activity.SetTag("messaging.message.body.size", message.Body.Content.Length);
        activity.SetTag("hexagram.from", message.From.Value);
        activity.SetTag("hexagram.attempt", message.Attempt);
        activity.SetTag("hexagram.redelivered", message.Redelivered);
        if (item.NotifiedAt is { } at)
        {
            activity.AddEvent(new ActivityEvent("msg:N", at));
        }

        Activity.Current = activity;
        return activity;
    }

    internal static void Failed(Activity? activity, Exception failure)
    {
        activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
        activity?.SetTag("error.type", failure.GetType().FullName);
    }
}
