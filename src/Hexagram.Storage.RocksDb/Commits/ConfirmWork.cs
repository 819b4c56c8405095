using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>A device has confirmed; see <see cref="IMailboxStore.ConfirmAsync"/>.</summary>
internal sealed class ConfirmWork(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo) : Work<Confirmation>
{
    internal override void Decide(Commit commit)
    {
        var state = commit.Mailbox(mailbox);
        if (state.Find(device) is not { } place)
        {
            Result = new Confirmation(Sequence.None, []) { IsDeviceKnown = false };
            return;
        }

        var applies = epoch == commit.Epoch && upTo.Value <= state.DurableLast;
        var newly = applies ? Confirming.MoveCursor(commit, state, place, upTo.Value) : [];
        Confirming.MarkSeen(commit, state, place);
        Result = new Confirmation(new Sequence(place.Cursor), newly);
    }
}
