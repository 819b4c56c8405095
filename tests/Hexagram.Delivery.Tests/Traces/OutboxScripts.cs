using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests.Traces;

/// <summary>What the loss table does not bring about: answers other than msg:A, cancelling, a server restored from a backup, recipients who are away.</summary>
internal static class OutboxScripts
{
    private static readonly UserId Bob = new("bob");
    private static readonly UserId Carol = new("carol");

    internal static IReadOnlyList<Trace> All =>
    [
        Script("a held message holds those behind it, and nobody else", outbox =>
        {
            Send(outbox, 1, Bob);
            Send(outbox, 2, Bob);
            Send(outbox, 3, Carol);
            outbox.Errored(Id(1), ErrorCode.MailboxFull, 5_000);
            outbox.Errored(Id(2), ErrorCode.MailboxFull, 5_000);
            outbox.Acknowledged(Id(3));
            Pass(outbox, 5_000);
            outbox.Acknowledged(Id(1));
            outbox.Acknowledged(Id(2));
        }),
        Script("waits grow with each retry", outbox =>
        {
            Send(outbox, 1, Bob);
            for (var i = 0; i < 8; i++)
            {
                outbox.Errored(Id(1), ErrorCode.DiskReserve);
                PassToNext(outbox);
            }
        }),
        Script("resends back off up to a minute", outbox =>
        {
            Send(outbox, 1, Bob);
            outbox.Acknowledged(Id(1));
            for (var i = 0; i < 8; i++)
            {
                PassToNext(outbox);
                outbox.Acknowledged(Id(1));
            }
        }),
        Script("a refusal is final, unless it was accepted before", outbox =>
        {
            Send(outbox, 1, Bob);
            Send(outbox, 2, Bob);
            outbox.Errored(Id(1), ErrorCode.Forbidden);
            outbox.Acknowledged(Id(2));
            Pass(outbox, 5_000);
            outbox.Errored(Id(2), ErrorCode.Forbidden);
            outbox.StatusReported([new(Id(2), MessageState.Delivered)]);
        }),
        Script("a restored server is told again, before anything new", outbox =>
        {
            outbox.Add(1, Bob, MessageState.Accepted);
            outbox.Add(2, Bob, transmitted: true);
            outbox.Connected();
            outbox.StatusReported([new(Id(1), MessageState.Waiting)]);
            outbox.Acknowledged(Id(1));
            outbox.Acknowledged(Id(2));
        }),
        Script("what stands behind a message that is told again follows it, also if it was sent before", outbox =>
        {
            Send(outbox, 1, Bob);
            outbox.Acknowledged(Id(1));
            Pass(outbox, 5_000);
            Send(outbox, 2, Bob);
            outbox.Errored(Id(1), ErrorCode.Forbidden);
            outbox.StatusReported([new(Id(1), MessageState.Waiting)]);
            outbox.Acknowledged(Id(1));
            outbox.Acknowledged(Id(2));
        }),
        Script("what is stored leaves the timers and is asked about", outbox =>
        {
            Send(outbox, 1, Bob);
            outbox.Acknowledged(Id(1));
            outbox.Reported([Id(1)], MessageState.Stored);
            Pass(outbox, 30_000);
            Send(outbox, 2, Bob);
            outbox.Acknowledged(Id(2));
            outbox.Reported([Id(2)], MessageState.Stored);
            Pass(outbox, 30_000);
            outbox.StatusReported([new(Id(1), MessageState.Stored), new(Id(2), MessageState.Stored)]);
            Pass(outbox, 540_000);
            outbox.StatusReported([new(Id(1), MessageState.Delivered), new(Id(2), MessageState.Stored)]);
        }),
        Script("what the server has forgotten is of unknown outcome", outbox =>
        {
            outbox.Add(1, Bob, MessageState.Stored);
            outbox.Connected();
            outbox.StatusReported([new(Id(1), MessageState.Waiting, Forgotten: true)]);
        }),
        Script("a weaker report that comes late changes nothing", outbox =>
        {
            Send(outbox, 1, Bob);
            outbox.Reported([Id(1)], MessageState.Stored);
            outbox.Acknowledged(Id(1));
        }),
        Script("cancelling is certain only before the first transmission", outbox =>
        {
            outbox.Add(1, Bob);
            outbox.Add(2, Bob, transmitted: true);
            outbox.Cancel(1);
            outbox.Connected();
            outbox.Cancel(2);
        }),
        Script("a held message that is cancelled needs another connection", outbox =>
        {
            Send(outbox, 1, Bob);
            outbox.Errored(Id(1), ErrorCode.MailboxFull, 5_000);
            outbox.Cancel(1);
        }),
        Script("no more than the server's limit is in flight, and recipients take turns", outbox =>
        {
            outbox.Add(1, Bob, transmitted: true);
            outbox.Add(2, Bob, transmitted: true);
            outbox.Add(3, Carol, transmitted: true);
            outbox.Connected(2);
            outbox.Acknowledged(Id(1));
            outbox.Acknowledged(Id(3));
        }),
        Script("an answer that does not come is a lost connection", outbox =>
        {
            Send(outbox, 1, Bob);
            Pass(outbox, 30_000);
        }),
    ];

    private static MessageId Id(long number) => OutboxRecorder.Id(number);

    private static Trace Script(string name, Action<OutboxRecorder> play)
    {
        var outbox = new OutboxRecorder();
        play(outbox);
        return new Trace(name, outbox.Steps);
    }

    /// <summary>One that is marked already, over a connection that is there.</summary>
    private static void Send(OutboxRecorder outbox, long number, UserId to)
    {
        if (outbox.Steps.Count == 0)
        {
            outbox.Connected();
        }

        outbox.Add(number, to, transmitted: true);
    }

    private static void Pass(OutboxRecorder outbox, long milliseconds)
    {
        outbox.Now += milliseconds;
        outbox.Advance();
    }

    private static void PassToNext(OutboxRecorder outbox) => Pass(outbox, Assert.NotNull(outbox.NextDeadline) - outbox.Now);
}
