using Hexagram.Storage.Conformance;

namespace Hexagram.Storage.RocksDb.Tests;

/// <summary>The contract's tests, run against the embedded store.</summary>
public static class Contract
{
    public sealed class Appends() : AppendConformance(new RocksDbPlace());

    public sealed class Reads() : ReadConformance(new RocksDbPlace());
}
