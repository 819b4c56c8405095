using Npgsql;

namespace Hexagram.Storage.Postgres.Reading;

/// <summary>Something that is read: one command, one snapshot.</summary>
internal abstract class ReadWork
{
    /// <summary>What is asked; made anew for each attempt.</summary>
    internal abstract NpgsqlBatchCommand Command();

    /// <summary>Reads the answer, or finds that what is there cannot be understood.</summary>
    internal abstract Task ReadAsync(NpgsqlDataReader reader);

    /// <summary>Tells the asker, after everything has been read.</summary>
    internal abstract void Answer();

    /// <summary>Tells the asker that it cannot be known.</summary>
    internal abstract void Fail(StoreUnavailableException fault);
}

/// <summary>The same with an answer.</summary>
/// <typeparam name="T">The answer.</typeparam>
internal sealed class ReadWork<T>(Func<NpgsqlBatchCommand> command, Func<NpgsqlDataReader, Task<T>> read) : ReadWork
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    internal Task<T> Task => _answer.Task;

    internal override NpgsqlBatchCommand Command() => command();

    internal override async Task ReadAsync(NpgsqlDataReader reader) => _result = await read(reader);

    internal override void Answer() => _answer.TrySetResult(_result!);

    internal override void Fail(StoreUnavailableException fault) => _answer.TrySetException(fault);
}
