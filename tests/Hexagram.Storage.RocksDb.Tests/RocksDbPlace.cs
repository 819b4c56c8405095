using System.Diagnostics.Metrics;
using Hexagram.Storage.Conformance;
using Hexagram.Storage.RocksDb.Commits;
using Hexagram.Storage.RocksDb.Databases;

namespace Hexagram.Storage.RocksDb.Tests;

/// <summary>A fresh temporary folder with a store in it, whose disk fails, waits or fills on demand.</summary>
/// <param name="inMemory">Where the system has a disk in memory, use that: for tests whose number of syncs matters more than the disk.</param>
public sealed class RocksDbPlace(bool inMemory = false) : IStorePlace
{
    private const string MemoryDisk = "/dev/shm";

    private HeldCommit? _next;
    private bool _failing;
    private long _freeBytes = long.MaxValue;

    /// <summary>Changes what the store is opened with beyond what the contract's tests ask.</summary>
    public Func<RocksDbStoreOptions, RocksDbStoreOptions> Tune { get; init; } = options => options;

    /// <summary>Whose the store's meter is.</summary>
    public IMeterFactory? Meters { get; init; }

    /// <summary>The store's folder.</summary>
    public string Folder { get; } = Path.Combine(inMemory && Directory.Exists(MemoryDisk) ? MemoryDisk : Path.GetTempPath(), $"hexagram-store-{Guid.NewGuid():N}");

    public ValueTask<IMailboxStore> OpenAsync(MailboxLimits limits, ForgettingPolicy forgetting, TimeProvider time)
    {
        _failing = false;
        return ValueTask.FromResult<IMailboxStore>(Open(Tune(new RocksDbStoreOptions { Folder = Folder, Limits = limits, Forgetting = forgetting }), time));
    }

    /// <summary>Opens the store with these options and the disk of this place.</summary>
    public RocksDbMailboxStore Open(RocksDbStoreOptions options, TimeProvider time) => Open(options, time, writer => writer);

    /// <summary>The same with something more around its writing.</summary>
    internal RocksDbMailboxStore Open(RocksDbStoreOptions options, TimeProvider time, Func<IBatchWriter, IBatchWriter> around) => RocksDbMailboxStore.Open(
        options,
        time,
        new StoreSeams { Meters = Meters, Wrap = writer => around(new FaultyWriter(this, writer)), FreeBytes = () => Volatile.Read(ref _freeBytes) });

    public void FailSyncs() => Volatile.Write(ref _failing, true);

    public IHeldCommit HoldNextCommit()
    {
        var held = new HeldCommit();
        Volatile.Write(ref _next, held);
        return held;
    }

    public void ShowFreeBytes(long bytes) => Volatile.Write(ref _freeBytes, bytes);

    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        return ValueTask.CompletedTask;
    }

    private sealed class HeldCommit : IHeldCommit
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new();

        public Task Arrived => _arrived.Task;

        public void Dispose() => _released.SetResult();

        internal void Wait()
        {
            _arrived.SetResult();
            _released.Task.Wait(TimeSpan.FromSeconds(60));
        }
    }

    private sealed class FaultyWriter(RocksDbPlace place, IBatchWriter writer) : IBatchWriter
    {
        public void Write(RocksBatch batch, bool sync)
        {
            Interlocked.Exchange(ref place._next, null)?.Wait();
            if (sync && Volatile.Read(ref place._failing))
            {
                throw new IOException("The disk did not sync.");
            }

            writer.Write(batch, sync);
        }
    }
}
