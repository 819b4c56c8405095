using System.Diagnostics.Metrics;
using Hexagram.Storage.RocksDb.Commits;

namespace Hexagram.Storage.RocksDb;

/// <summary>What may be replaced: the disk, where it can fail, by tests; and who listens.</summary>
internal sealed record StoreSeams
{
    /// <summary>Puts something between the store and its writing.</summary>
    internal Func<IBatchWriter, IBatchWriter> Wrap { get; init; } = writer => writer;

    /// <summary>Whose the store's meter is; null for nobody's in particular.</summary>
    internal IMeterFactory? Meters { get; init; }

    /// <summary>How many bytes are free on the disk; null asks the disk.</summary>
    internal Func<long>? FreeBytes { get; init; }
}
