using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Format;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>A message to be appended; see <see cref="IMailboxStore.AppendAsync"/>.</summary>
internal sealed class AppendWork : Work<AppendResult>
{
    private static readonly WorkPool<AppendWork> Pool = new();

    private AppendItem _item = null!;
    private UInt128 _fingerprint;

    internal override int Bytes => _item.Body.Content.Length;

    protected override bool ContinuesInline => _item.ContinuesInline;

    internal static AppendWork For(AppendItem item)
    {
        var work = Pool.Rent();
        work._item = item;
        // Hashed here, on the asker's thread: there are many of those and one commit thread.
        work._fingerprint = IdRecord.FingerprintOf(item.Body);
        return work;
    }

    internal override void Decide(Commit commit)
    {
        var lane = _item.Lane;
        var held = lane.Holds(_item.To, _item.Id);
        if (commit.TryFindId(_item.To, _item.From, _item.Id, out var known))
        {
            // Asked before the lane (PROTOCOL §6): what stands already cannot overtake anything, whatever its lane waits for.
            Result = Known(commit, known);
            if (held == ErrorCode.None)
            {
                lane.Release(_item.To);
            }

            return;
        }

        if (held != ErrorCode.None)
        {
            Result = AppendResult.RetryLater(held);
            return;
        }

        var result = DecideNew(commit);
        if (result.Outcome == AppendOutcome.RetryLater)
        {
            result = AppendResult.RetryLater(lane.Hold(_item.To, _item.Id, result.Code));
        }
        else
        {
            lane.Release(_item.To);
        }

        Result = result;
    }

    protected override void Recycle()
    {
        _item = null!;
        Pool.Return(this);
    }

    private AppendResult Known(Commit commit, IdRecord known) => known.Fingerprint == _fingerprint
        ? Stands(AppendOutcome.Duplicate, known, commit.Mailbox(_item.To).IsDelivered(known.Sequence))
        : AppendResult.Refused(ErrorCode.Conflict);

    private AppendResult DecideNew(Commit commit)
    {
        var limits = commit.Options.Limits;
        var madeAt = _item.Id.MadeAt.ToUnixTimeMilliseconds();
        var state = commit.Mailbox(_item.To);
        if (madeAt <= state.Record.ForgottenMark)
        {
            // First: what may have been accepted once must not be called refused because the clock was set back since (PROTOCOL §6).
            return AppendResult.Refused(ErrorCode.Expired);
        }

        if (madeAt > commit.Now + (long)limits.ClockSkewMax.TotalMilliseconds)
        {
            return AppendResult.Refused(ErrorCode.ClockSkew);
        }

        var hindrance = Hindrance(commit, state, limits);
        return hindrance == ErrorCode.None
            ? Stands(AppendOutcome.New, commit.Append(state, _item, _fingerprint), delivered: false)
            : AppendResult.RetryLater(hindrance);
    }

    private ErrorCode Hindrance(Commit commit, MailboxState state, MailboxLimits limits)
    {
        if (commit.IsDiskReserveReached)
        {
            return ErrorCode.DiskReserve;
        }

        if (state.Unconfirmed >= limits.UnconfirmedMax)
        {
            return ErrorCode.MailboxFull;
        }

        if (SenderQuota.UnconfirmedOf(_item.From, state, commit) >= limits.UnconfirmedPerSenderMax)
        {
            return ErrorCode.SenderQuota;
        }

        return state.Last > 0 || commit.TryBringMailboxIntoBeing(_item.From) ? ErrorCode.None : ErrorCode.NewMailboxQuota;
    }

    private static AppendResult Stands(AppendOutcome outcome, IdRecord record, bool delivered) => new(
        outcome,
        ErrorCode.None,
        new Sequence(record.Sequence),
        DateTimeOffset.FromUnixTimeMilliseconds(record.AcceptedAt),
        delivered);
}
