using Hexagram.Fuzz.Engine;
using Hexagram.Fuzz.Sessions;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// The session of the client, from its socket: servers that say anything in any order to a client that sends and receives. See
/// <see cref="ClientStage"/> for what must hold.
/// </summary>
internal sealed class ClientSessionTarget : IFuzzTarget
{
    public const string TargetName = "client-session";

    private readonly List<Exception> _unobserved = [];

    public ClientSessionTarget()
    {
        // What others have left in this process is told before, and to nobody.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException += Unobserved;
    }

    public string Name => TargetName;

    public int InputBytesMax => 512;

    public bool IsSynchronous => false;

    public IEnumerable<byte[]> Seeds()
    {
        // See ClientScript: op, then its choices.
        yield return [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 2, 0, 4, 0, 1, 3, 0];
        yield return [0, 0, 0, 0, 0, 0, 1, 0, 0, 13, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0];
        yield return [7, 0, 0, 14, 7, 1, 1, 14, 7, 5, 2];
        for (byte op = 0; op < 16; op++)
        {
            yield return [0, 0, 0, 0, 0, 0, 15, op, 1, 1, 1, op, 2, 2, 2, op, 3, 3, 3];
            yield return [op, 0, 0, 0, 0, 0, 0];
            yield return [0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, op, 4, 4, 4, 13, 0, 2, 0, 0, 0, 0, 1, 2, 0];
        }
    }

    public async Task TryAsync(byte[] input, Observations seen)
    {
        await using var stage = await ClientStage.StartAsync();
        await stage.PlayAsync(input, seen);
        lock (_unobserved)
        {
            BrokenPromiseException.Unless(_unobserved.Count == 0, $"Nobody looked at {string.Join(' ', _unobserved)}");
        }
    }

    public ValueTask DisposeAsync()
    {
        TaskScheduler.UnobservedTaskException -= Unobserved;
        return ValueTask.CompletedTask;
    }

    private void Unobserved(object? sender, UnobservedTaskExceptionEventArgs fault)
    {
        lock (_unobserved)
        {
            _unobserved.Add(fault.Exception);
        }
    }
}
