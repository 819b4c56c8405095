using Hexagram.Storage.RocksDb.Databases;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>The one place where the store writes: what tests replace to make a disk fail. Called from the commit thread alone.</summary>
internal interface IBatchWriter
{
    /// <summary>Writes a batch, all or nothing; with <paramref name="sync"/>, it is on the disk when this returns.</summary>
    void Write(RocksBatch batch, bool sync);
}

/// <summary>Writes to the database, and after each sync moves the durable mark.</summary>
internal sealed class BatchWriter(Database database, Folders.DurableMark mark, StoreMeter meter) : IBatchWriter
{
    public void Write(RocksBatch batch, bool sync)
    {
        var begun = sync ? meter.BeginSync() : 0;
        database.Write(batch, sync);
        if (sync)
        {
            meter.Synced(begun);
            mark.Advance(database.LatestSequenceNumber);
        }
    }
}
