using System.Security.Cryptography;
using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>A new history begins here; see <see cref="IMailboxStore.BeginEpochAsync"/>.</summary>
internal sealed class BeginEpochWork(Action<Epoch> begun) : Work<Epoch>
{
    internal override void Decide(Commit commit)
    {
        Result = NewEpoch(commit.Epochs);
        commit.Epochs.Add(new StampedEpoch(Result, commit.Now));
        commit.Put(Table.Store, Keys.Epochs, EpochsRecord.Write(commit.Epochs));
        commit.NeedsSync = true;
    }

    internal override Waiter Answer()
    {
        begun(Result);
        return base.Answer();
    }

    /// <summary>An epoch that none of <paramref name="others"/> is.</summary>
    internal static Epoch NewEpoch(IReadOnlyCollection<StampedEpoch> others)
    {
        // Random, not counted: two restores from one backup must not stamp the same.
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        Epoch epoch;
        do
        {
            RandomNumberGenerator.Fill(random);
            epoch = new Epoch(BitConverter.ToUInt64(random));
        }
        while (epoch == Epoch.None || others.Any(other => other.Epoch == epoch));

        return epoch;
    }
}
