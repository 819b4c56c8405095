using Hexagram.Storage.Conformance;

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>
/// A fresh schema with a store in it, whose writing fails or waits on demand. The contract's tests speak of a disk: here "its sync fails" means that no batch can
/// be written and that asking again whether it can is in vain, and "free bytes" are what is left up to the size that the database may have.
/// </summary>
internal sealed class PostgresPlace : IStorePlace
{
    private const long DatabaseBytesMax = 1L << 40;
    private const long ReserveBytes = 256L << 20;

    private static int _schemas;

    private readonly string _schema = $"store_{Interlocked.Increment(ref _schemas)}";
    private HeldCommit? _next;
    private bool _failing;
    private long _freeBytes = long.MaxValue;

    /// <summary>Changes what the store is opened with beyond what the contract's tests ask.</summary>
    public Func<PostgresStoreOptions, PostgresStoreOptions> Tune { get; init; } = options => options;

    public async ValueTask<IMailboxStore> OpenAsync(MailboxLimits limits, ForgettingPolicy forgetting, TimeProvider time)
    {
        Volatile.Write(ref _failing, false);
        var server = await SharedServer.StartedAsync();
        var options = new PostgresStoreOptions
        {
            ConnectionString = server.ConnectionString(),
            Schema = _schema,
            Limits = limits,
            Forgetting = forgetting,
            DatabaseBytesMax = DatabaseBytesMax,

            // The contract's tests that hold a commit back expect all that comes meanwhile in the next one.
            Writers = 1,
            Readers = 2,
        };
        return await PostgresMailboxStore.OpenAsync(Tune(options), time, new StoreSeams { BeforeWriting = BeforeWritingAsync, DatabaseBytes = DatabaseBytes });
    }

    public void FailSyncs() => Volatile.Write(ref _failing, true);

    public IHeldCommit HoldNextCommit()
    {
        var held = new HeldCommit();
        Volatile.Write(ref _next, held);
        return held;
    }

    public void ShowFreeBytes(long bytes) => Volatile.Write(ref _freeBytes, bytes);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private long DatabaseBytes() => Volatile.Read(ref _freeBytes) < ReserveBytes ? DatabaseBytesMax : 0;

    private async Task BeforeWritingAsync()
    {
        if (Interlocked.Exchange(ref _next, null) is { } held)
        {
            await held.WaitAsync();
        }

        if (Volatile.Read(ref _failing))
        {
            throw new IOException("The disk did not sync.");
        }
    }

    private sealed class HeldCommit : IHeldCommit
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Arrived => _arrived.Task;

        public void Dispose() => _released.SetResult();

        internal Task WaitAsync()
        {
            _arrived.SetResult();
            return _released.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }
}
