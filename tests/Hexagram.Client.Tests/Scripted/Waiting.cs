namespace Hexagram.Client.Tests.Scripted;

/// <summary>Nothing waits for ever: a test that hangs fails, and says where.</summary>
internal static class Waiting
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    internal static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Patience);

    internal static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Patience);

    internal static Task Within(this Task task) => task.WaitAsync(Patience);

    /// <summary>Completes when the client is in a state of this kind.</summary>
    internal static async Task<T> WhenAsync<T>(this HexagramClient client, Func<T, bool>? suits = null)
        where T : ConnectionState
    {
        var reached = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(object? sender, ConnectionState state)
        {
            if (state is T wanted && suits?.Invoke(wanted) is not false)
            {
                reached.TrySetResult(wanted);
            }
        }

        client.StateChanged += Look;
        Look(null, client.State);
        try
        {
            return await reached.Task.Within();
        }
        finally
        {
            client.StateChanged -= Look;
        }
    }
}
