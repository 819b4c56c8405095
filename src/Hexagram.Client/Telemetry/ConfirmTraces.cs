using System.Diagnostics;
using Hexagram.Protocol;

namespace Hexagram.Client.Telemetry;

/// <summary>
/// The <c>confirm</c> activities of one client, from ack:R to the ack:A that covers them. There are as many as the server lets messages be unconfirmed, and none when
/// nobody listens. Used under the receiver's lock.
/// </summary>
internal sealed class ConfirmTraces
{
    private readonly Queue<(Sequence UpTo, Activity Activity)> _open = new();

    /// <summary>ack:R leaves for this message.</summary>
    internal void Begin(MessageId id, Sequence upTo)
    {
        if (MessageTrace.Start(ClientTelemetry.Activities, "confirm", ActivityKind.Client, id) is { } activity)
        {
            activity.SetTag("messaging.operation.type", "settle");
            activity.AddEvent(new ActivityEvent("ack:R"));
            _open.Enqueue((upTo, activity));
        }
    }

    /// <summary>ack:A has come.</summary>
    internal void Acknowledged(Sequence upTo)
    {
        while (_open.TryPeek(out var first) && first.UpTo <= upTo)
        {
            _open.Dequeue();
            first.Activity.AddEvent(new ActivityEvent("ack:A"));
            ClientTelemetry.Stop(first.Activity);
        }
    }

    /// <summary>The connection has ended: the cursor in the next Hello says again what these said.</summary>
    internal void Disconnected()
    {
        while (_open.TryDequeue(out var one))
        {
            one.Activity.AddEvent(new ActivityEvent("disconnected"));
            ClientTelemetry.Stop(one.Activity);
        }
    }
}
