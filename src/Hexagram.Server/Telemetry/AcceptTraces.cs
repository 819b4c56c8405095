using System.Diagnostics;
using Hexagram.Protocol;

namespace Hexagram.Server.Telemetry;

/// <summary>The <c>accept</c> activities of one session, as many at a time as it may have msg:R in flight, and none when nobody listens. Guarded by the session's lock.</summary>
internal sealed class AcceptTraces
{
    private Dictionary<MessageId, Activity>? _open;

    /// <summary>One msg:R has arrived; of one that is sent twice the first counts.</summary>
    internal void Arrived(MessageRequest request)
    {
        if (ServerTraces.Activities.HasListeners() && _open?.ContainsKey(request.Id) is not true && ServerTraces.Accept(request) is { } activity)
        {
            (_open ??= []).Add(request.Id, activity);
        }
    }

    /// <summary>It has its answer: msg:A, or the error with this code.</summary>
    internal void Answered(MessageId id, ErrorCode code)
    {
        if (_open is not null && _open.Remove(id, out var activity))
        {
            ServerTraces.Answered(activity, code);
        }
    }
}
