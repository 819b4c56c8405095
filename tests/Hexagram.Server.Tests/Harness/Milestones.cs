namespace Hexagram.Server.Tests.Harness;

/// <summary>A count that rises, and tasks that wait for it to get there. Thread-safe.</summary>
internal sealed class Milestones
{
    private readonly Lock _gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private int _count;

    public void Set(int count)
    {
        lock (_gate)
        {
            _count = Math.Max(_count, count);
            foreach (var (_, reached) in _waiting.Where(one => one.Count <= _count))
            {
                reached.TrySetResult();
            }
        }
    }

    public Task WhenAsync(int count)
    {
        lock (_gate)
        {
            if (_count >= count)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            return reached.Task.WaitAsync(RawClient.Patience);
        }
    }
}
