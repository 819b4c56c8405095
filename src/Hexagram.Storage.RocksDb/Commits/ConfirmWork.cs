using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>A device has confirmed; see <see cref="IMailboxStore.ConfirmAsync"/>.</summary>
internal sealed class ConfirmWork : Work<Confirmation>
{
    private static readonly WorkPool<ConfirmWork> Pool = new();

    private UserId _mailbox;
    private DeviceId _device;
    private Epoch _epoch;
    private Sequence _upTo;

    internal static ConfirmWork For(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo)
    {
        var work = Pool.Rent();
        (work._mailbox, work._device, work._epoch, work._upTo) = (mailbox, device, epoch, upTo);
        return work;
    }

    internal override void Decide(Commit commit)
    {
        var state = commit.Mailbox(_mailbox);
        if (state.Find(_device) is not { } place)
        {
            Result = new Confirmation(Sequence.None, []) { IsDeviceKnown = false };
            return;
        }

        var applies = _epoch == commit.Epoch && _upTo.Value <= state.DurableLast;
        var newly = applies ? Confirming.MoveCursor(commit, state, place, _upTo.Value) : [];
        Confirming.MarkSeen(commit, state, place);
        Result = new Confirmation(new Sequence(place.Cursor), newly);
    }

    protected override void Recycle()
    {
        (_mailbox, _device) = (default, default);
        Pool.Return(this);
    }
}
