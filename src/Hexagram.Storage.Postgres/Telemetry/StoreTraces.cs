using System.Diagnostics;
using Hexagram.Protocol;

namespace Hexagram.Storage.Postgres.Telemetry;

/// <summary>
/// The store's part of a message's trace (see <see cref="MessageTrace"/>): <c>commit</c>, from when the store is asked to when its transaction has been committed, so
/// that what the database took of the server's <c>accept</c> shows. Where nobody listens, it costs a comparison.
/// </summary>
internal static class StoreTraces
{
    internal static readonly ActivitySource Activities = new(StoreMeter.Name);

    /// <summary>The store is asked to append a message.</summary>
    internal static Activity? Commit(MessageId id) => MessageTrace.Start(Activities, "commit", ActivityKind.Client, id);

    /// <summary>It has been decided, and what was decided is committed.</summary>
    internal static void Decided(Activity? commit, AppendResult result)
    {
        if (commit is not null)
        {
            if (result.Code != ErrorCode.None)
            {
                commit.SetTag("error.type", result.Code.ToString());
            }

            Stop(commit, "committed");
        }
    }

    /// <summary>Nothing is known about it.</summary>
    internal static void Failed(Activity? commit, Exception fault)
    {
        if (commit is not null)
        {
            commit.SetStatus(ActivityStatusCode.Error, fault.Message);
            Stop(commit, "error");
        }
    }

    /// <summary>At this event, and on another thread: whoever hears of it may take its time, and the next batch waits.</summary>
    private static void Stop(Activity activity, string last)
    {
        var end = new ActivityEvent(last);
        activity.AddEvent(end);
        activity.SetEndTime(end.Timestamp.UtcDateTime);
        ThreadPool.UnsafeQueueUserWorkItem(static activity => activity.Stop(), activity, preferLocal: false);
    }
}
