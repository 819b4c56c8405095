using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>A device begins or resumes its stream; see <see cref="IMailboxStore.OpenDeviceAsync"/>.</summary>
internal sealed class OpenDeviceWork(DeviceHello hello) : Work<DeviceOpening>
{
    // How many separate runs a mailbox may remember of what devices confirmed whose records are gone.
    private const int RetiredIntervalsMax = 64;

    internal override void Decide(Commit commit)
    {
        var state = commit.Mailbox(hello.Mailbox);
        var known = state.Find(hello.Device);
        var claim = Claim(commit, state, known);
        if (claim.IsAhead)
        {
            Result = Refused(ErrorCode.CursorAhead, state);
            return;
        }

        var device = known ?? NewDevice(commit, state, claim);
        if (device is null)
        {
            Result = Refused(ErrorCode.TooManyDevices, state);
            return;
        }

        state.SkipForgotten(device);
        var newly = claim.Confirms ? Confirming.MoveCursor(commit, state, device, claim.ResumeAfter) : [];
        Confirming.MarkSeen(commit, state, device);
        var resumeAfter = Math.Max(claim.ResumeAfter, Math.Max(device.Start, state.FirstAvailable - 1));
        Result = new DeviceOpening(ErrorCode.None, new Sequence(resumeAfter), new Sequence(device.Cursor), state.Position, newly);
    }

    private static DeviceOpening Refused(ErrorCode code, MailboxState state) =>
        new(code, Sequence.None, Sequence.None, state.Position, []);

    /// <summary>What Hello says about the device's place, put into the numbers of this mailbox.</summary>
    private HelloClaim Claim(Commit commit, MailboxState state, DeviceState? known)
    {
        var oldest = state.FirstAvailable - 1;
        if (hello.Epoch == Epoch.None)
        {
            var start = hello.Start == StreamStart.Latest ? state.DurableLast : oldest;
            return new HelloClaim(known?.Start ?? start, Confirms: false);
        }

        if (hello.Epoch == commit.Epoch)
        {
            return new HelloClaim(hello.Cursor.Value, Confirms: true) { IsAhead = hello.Cursor.Value > state.DurableLast };
        }

        var ordinal = commit.Epochs.FindIndex(stamped => stamped.Epoch == hello.Epoch);
        if (ordinal >= 0)
        {
            // Up to the branch point the two histories are one; the client's numbers beyond it are of a history that is lost.
            return new HelloClaim(Math.Min(hello.Cursor.Value, Math.Min(state.LastSharedWith(ordinal), state.DurableLast)), Confirms: true);
        }

        // Numbers of an unknown history say nothing; so the stream goes back to where this one is certain, whatever was skipped.
        return new HelloClaim(Math.Min(hello.Cursor.Value, known?.Cursor ?? oldest), Confirms: false);
    }

    private DeviceState? NewDevice(Commit commit, MailboxState state, HelloClaim claim)
    {
        if (state.Devices.Count >= commit.Options.Limits.DevicesPerUserMax && !TryMakeRoom(commit, state))
        {
            return null;
        }

        // A device that began with the oldest entry has had every entry since, so its claim reaches back to what is left of them.
        // One that skipped history has had only what came later, and nobody here knows from where on: it confirms nothing yet.
        var start = hello.Start == StreamStart.Latest ? claim.ResumeAfter : state.FirstAvailable - 1;
        var device = new DeviceState(hello.Device, start, start, commit.Now) { Changed = true };
        state.Devices.Add(device);
        commit.Touch(state);

        // Were this record lost with the machine, the start would be too, and with it what the device may confirm.
        commit.NeedsSync = true;
        return device;
    }

    /// <summary>Lets the device go that was unseen the longest, if it was for long enough. What it confirmed stays confirmed.</summary>
    private static bool TryMakeRoom(Commit commit, MailboxState state)
    {
        var unseen = state.Devices.OrderBy(device => device.SeenAt).ThenBy(device => device.Device.Value, StringComparer.Ordinal).FirstOrDefault();
        if (unseen is null
            || commit.Now - unseen.SeenAt <= (long)commit.Options.Forgetting.DeviceUnseen.TotalMilliseconds
            || state.Record.Retired.Count >= RetiredIntervalsMax)
        {
            return false;
        }

        state.Record.Retired.Add(Math.Max(unseen.Start, state.FirstAvailable - 1), unseen.Cursor);
        state.RecordChanged = true;
        state.Devices.Remove(unseen);
        commit.DeleteDevice(state, unseen.Device);
        return true;
    }

    /// <summary>Where the stream should go on, and whether everything before counts as confirmed.</summary>
    private readonly record struct HelloClaim(long ResumeAfter, bool Confirms)
    {
        internal bool IsAhead { get; init; }
    }
}
