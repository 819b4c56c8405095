namespace Hexagram.Storage.Postgres;

/// <summary>What a test replaces.</summary>
internal sealed class StoreSeams
{
    /// <summary>Called before each batch is written, and before the database is asked whether it takes writes again.</summary>
    internal Func<Task> BeforeWriting { get; init; } = static () => Task.CompletedTask;

    /// <summary>The database's size in bytes; null: it is asked.</summary>
    internal Func<long>? DatabaseBytes { get; init; }
}
