using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// A second database beside this one, as of this point between two batches; see <see cref="RocksDbMailboxStore.CheckpointAsync"/>. It is made on the commit
/// thread so that nothing is written meanwhile: no half of anything can be in it.
/// </summary>
internal sealed class CheckpointWork(Database database, string path) : Work<CheckpointOutcome>
{
    internal override void Decide(Commit commit)
    {
        try
        {
            // What this batch has decided so far is not written yet, and so not part of it; an epoch that it begins neither.
            var epochs = EpochsRecord.Read(database.Read(Table.Store, Keys.Epochs));
            var record = database.LatestSequenceNumber;
            database.Checkpoint(path);
            Result = new CheckpointOutcome(epochs[^1].Epoch, record, null);
        }
        catch (RocksException fault)
        {
            // A disk without room for a copy is no reason to stop the store: nothing of its own was touched.
            Result = new CheckpointOutcome(default, 0, fault);
        }
    }
}

/// <summary>What came of a checkpoint.</summary>
/// <param name="Epoch">The epoch that its sequences belong to.</param>
/// <param name="Record">The last record of RocksDB that is in it.</param>
/// <param name="Fault">Why there is none; null when there is one.</param>
internal readonly record struct CheckpointOutcome(Epoch Epoch, ulong Record, RocksException? Fault);
