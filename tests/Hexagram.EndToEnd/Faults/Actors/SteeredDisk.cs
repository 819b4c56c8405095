using System.Diagnostics;
using Hexagram.Storage.RocksDb;
using Hexagram.Storage.RocksDb.Commits;
using Hexagram.Storage.RocksDb.Databases;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>The disk of a store, and the moment after its commit, where a test has them fail. Thread-safe.</summary>
internal sealed class SteeredDisk
{
    private long _freeBytes = long.MaxValue;
    private int _fails;
    private int _dies;

    private enum Death
    {
        None,
        AfterAppend,
        AfterConfirmation,
    }

    /// <summary>What the store is told to be free.</summary>
    public long FreeBytes
    {
        set => Volatile.Write(ref _freeBytes, value);
    }

    /// <summary>What the store is opened with.</summary>
    public StoreSeams Seams => new() { Wrap = writer => new Writer(this, writer), FreeBytes = () => Volatile.Read(ref _freeBytes) };

    /// <summary>The next sync fails, after the batch has been written: whether it is on the disk, nobody knows.</summary>
    public void FailNextSync() => Volatile.Write(ref _fails, 1);

    /// <summary>The process dies after its next commit of messages or of confirmations, before anybody hears of it.</summary>
    public void DieAfter(bool isAppend) => Volatile.Write(ref _dies, (int)(isAppend ? Death.AfterAppend : Death.AfterConfirmation));

    private sealed class Writer(SteeredDisk disk, IBatchWriter writer) : IBatchWriter
    {
        public void Write(RocksBatch batch, bool sync)
        {
            if (sync && Interlocked.Exchange(ref disk._fails, 0) == 1)
            {
                writer.Write(batch, sync: false);
                throw new IOException("The disk did not sync.");
            }

            writer.Write(batch, sync);

            // Messages are synced and confirmations alone are not.
            if (Volatile.Read(ref disk._dies) == (int)(sync ? Death.AfterAppend : Death.AfterConfirmation))
            {
                using var self = Process.GetCurrentProcess();
                self.Kill();
                Thread.CurrentThread.Join();
            }
        }
    }
}
