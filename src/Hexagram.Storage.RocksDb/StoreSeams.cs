using Hexagram.Storage.RocksDb.Commits;

namespace Hexagram.Storage.RocksDb;

/// <summary>What tests may replace: the disk, where it can fail.</summary>
internal sealed record StoreSeams
{
    /// <summary>Puts something between the store and its writing.</summary>
    internal Func<IBatchWriter, IBatchWriter> Wrap { get; init; } = writer => writer;

    /// <summary>How many bytes are free on the disk; null asks the disk.</summary>
    internal Func<long>? FreeBytes { get; init; }
}
