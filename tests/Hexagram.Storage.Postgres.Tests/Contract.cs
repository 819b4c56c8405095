using Hexagram.Storage.Conformance;

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>The contract's tests, run against the store in PostgreSQL.</summary>
public static class Contract
{
    public sealed class Appends() : AppendConformance(new PostgresPlace());

    public sealed class Reads() : ReadConformance(new PostgresPlace());

    public sealed class Devices() : DeviceConformance(new PostgresPlace());

    public sealed class Confirmations() : ConfirmConformance(new PostgresPlace());

    public sealed class Statuses() : StatusConformance(new PostgresPlace());

    public sealed class Epochs() : EpochConformance(new PostgresPlace());

    public sealed class Limits() : LimitConformance(new PostgresPlace());

    public sealed class Lanes() : LaneConformance(new PostgresPlace());

    public sealed class Forgetting() : ForgetConformance(new PostgresPlace());

    public sealed class Durability() : DurabilityConformance(new PostgresPlace());

    public sealed class Concurrency() : ConcurrencyConformance(new PostgresPlace());

    public sealed class Model() : ModelConformance(() => new PostgresPlace(), histories: 25);

    /// <summary>With several batches written at a time, and few items in each.</summary>
    public sealed class ConcurrencyInSmallBatches() : ConcurrencyConformance(new PostgresPlace { Tune = Small });

    private static PostgresStoreOptions Small(PostgresStoreOptions options) => options with { Writers = 3, BatchItemsMax = 3 };
}
