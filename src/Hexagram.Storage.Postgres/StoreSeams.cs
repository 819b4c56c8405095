using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hexagram.Storage.Postgres;

/// <summary>What the store takes from its host, and what a test replaces.</summary>
internal sealed class StoreSeams
{
    /// <summary>Whose its meter is; null for nobody's in particular.</summary>
    internal IMeterFactory? Meters { get; init; }

    /// <summary>Where it says what happens to it.</summary>
    internal ILoggerFactory Logs { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Called before each batch is written, and before the database is asked whether it takes writes again.</summary>
    internal Func<Task> BeforeWriting { get; init; } = static () => Task.CompletedTask;

    /// <summary>The database's size in bytes; null: it is asked.</summary>
    internal Func<long>? DatabaseBytes { get; init; }
}
