using Hexagram.Protocol;
using Npgsql;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>Something that is decided in a batch. Answered, or failed, exactly once, and only after the commit that covers the decision.</summary>
internal abstract class WriteWork(UserId mailbox)
{
    /// <summary>What is locked for it; unset for what concerns no mailbox.</summary>
    internal UserId Mailbox => mailbox;

    /// <summary>What it adds to a batch's size, in bytes of bodies.</summary>
    internal virtual int Bytes => 0;

    /// <summary>The mailbox comes into being by it, if it is not there.</summary>
    internal virtual bool MakesMailbox => false;

    /// <summary>It must be on the disk before it is answered.</summary>
    internal virtual bool MustBeDurable => true;

    /// <summary>What decides it, for work of which each has a command of its own.</summary>
    internal virtual NpgsqlBatchCommand Command(long now, PostgresStoreOptions options) =>
        throw new InvalidOperationException($"{GetType().Name} has no command of its own.");

    /// <summary>Reads the decision, and returns what tells it.</summary>
    internal virtual Task<Action> ReadAsync(NpgsqlDataReader reader) =>
        throw new InvalidOperationException($"{GetType().Name} has no answer of its own.");

    /// <summary>Tells the asker that nothing is known.</summary>
    internal abstract void Fail(StoreUnavailableException fault);
}

/// <summary>Work with an answer.</summary>
/// <typeparam name="T">The answer.</typeparam>
internal abstract class WriteWork<T>(UserId mailbox) : WriteWork(mailbox)
{
    // Askers continue on the thread pool: on the writer's own path they would hold up the next batch.
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the asker awaits.</summary>
    internal Task<T> Task => _answer.Task;

    internal void Answer(T answer) => _answer.SetResult(answer);

    internal override void Fail(StoreUnavailableException fault) => _answer.SetException(fault);
}
