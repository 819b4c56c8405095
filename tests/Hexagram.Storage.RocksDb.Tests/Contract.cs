using Hexagram.Storage.Conformance;

namespace Hexagram.Storage.RocksDb.Tests;

/// <summary>The contract's tests, run against the embedded store.</summary>
public static class Contract
{
    public sealed class Appends() : AppendConformance(new RocksDbPlace());

    public sealed class Reads() : ReadConformance(new RocksDbPlace());

    public sealed class Devices() : DeviceConformance(new RocksDbPlace());

    public sealed class Confirmations() : ConfirmConformance(new RocksDbPlace());

    public sealed class Statuses() : StatusConformance(new RocksDbPlace());

    public sealed class Epochs() : EpochConformance(new RocksDbPlace());

    public sealed class Limits() : LimitConformance(new RocksDbPlace());

    public sealed class Lanes() : LaneConformance(new RocksDbPlace());

    public sealed class Forgetting() : ForgetConformance(new RocksDbPlace());

    public sealed class Durability() : DurabilityConformance(new RocksDbPlace());

    public sealed class Concurrency() : ConcurrencyConformance(new RocksDbPlace());

    public sealed class Model() : ModelConformance(() => new RocksDbPlace(inMemory: true));

    /// <summary>With room for one mailbox in mind, so that all others are read anew, and one item in a commit.</summary>
    public sealed class ModelInLittleMemory() : ModelConformance(() => new RocksDbPlace(inMemory: true) { Tune = Little });

    /// <summary>The same for many callers at once.</summary>
    public sealed class ConcurrencyInLittleMemory() : ConcurrencyConformance(new RocksDbPlace(inMemory: true) { Tune = Little });

    private static RocksDbStoreOptions Little(RocksDbStoreOptions options) =>
        options with { MailboxesCachedMax = 1, BatchItemsMax = 3, BlockCacheBytes = 0, WriteBufferBytes = 1 << 20 };
}
