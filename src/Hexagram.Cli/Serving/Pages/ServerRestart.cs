namespace Hexagram.Cli.Serving.Pages;

/// <summary>The wish of somebody at the page that the server stop, and start again after a while. One wish per run of the server. Thread-safe.</summary>
internal sealed class ServerRestart
{
    /// <summary>The longest that a server stays away, in milliseconds.</summary>
    public const int AwayMillisecondsMax = 10_000;

    private readonly TaskCompletionSource<TimeSpan> _wished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with how long the server is to stay away.</summary>
    public Task<TimeSpan> Wished => _wished.Task;

    /// <summary>Wishes it. Later wishes change nothing.</summary>
    public void Wish(TimeSpan away) => _wished.TrySetResult(away);
}
