namespace Hexagram.EndToEnd.Programs;

/// <summary>The lines of a stream as they come, and a way to wait for them. Thread-safe.</summary>
internal sealed class PrintedLines
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = NewMore();
    private bool _ended;

    /// <summary>What has come until now.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Reads to the end, or until somebody closes the reader.</summary>
    public async Task ReadAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (_gate)
                {
                    _lines.Add(line);
                    Interlocked.Exchange(ref _more, NewMore()).SetResult();
                }
            }
        }
        catch (Exception closed) when (closed is ObjectDisposedException or InvalidOperationException or IOException)
        {
            // A test has closed its end of the pipe.
        }

        lock (_gate)
        {
            _ended = true;
            _more.TrySetResult();
        }
    }

    /// <summary>Completes when <paramref name="enough"/> says so.</summary>
    /// <exception cref="InvalidOperationException">The stream ended before.</exception>
    public async Task<IReadOnlyList<string>> WhenAsync(Func<IReadOnlyList<string>, bool> enough)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (enough(_lines))
                {
                    return [.. _lines];
                }

                if (_ended)
                {
                    throw new InvalidOperationException($"The program ended and had printed only:\n{string.Join('\n', _lines)}");
                }

                more = _more.Task;
            }

            await more;
        }
    }

    private static TaskCompletionSource NewMore() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
