using Hexagram.Server.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Hexagram.Server.Cluster;

/// <summary>
/// The others have declared this node dead, because it answered nobody for too long. It cannot come back under its name, so the application stops, and whoever
/// supervises the process starts it again: as a new node.
/// </summary>
internal sealed partial class MembershipLoss(IHostApplicationLifetime application, ServerClock clock, ILogger<MembershipLoss> logger) : IFatalErrorHandler
{
    /// <summary>The process's exit code then, unless its program says another.</summary>
    public const int ExitCode = 6;

    /// <summary>A node that hangs while it stops has ended by then all the same.</summary>
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(10);

    private int _lost;

    // Held so that it is not collected before its time.
    private ITimer? _end;

    /// <summary>It has happened.</summary>
    public bool HasHappened => Volatile.Read(ref _lost) != 0;

    /// <inheritdoc/>
    public bool IsUnexpected(Exception exception) => true;

    /// <inheritdoc/>
    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        if (Interlocked.Exchange(ref _lost, 1) != 0)
        {
            return;
        }

        LogLost(logger, context, exception);
        Environment.ExitCode = ExitCode;
        _end = clock.Time.CreateTimer(static _ => Environment.Exit(ExitCode), null, StopMax, Timeout.InfiniteTimeSpan);
        _ = Task.Run(application.StopApplication);
    }

    [LoggerMessage(1604, LogLevel.Critical, "This node is no longer part of the cluster and ends, to be started again as a new one: {Why}")]
    private static partial void LogLost(ILogger logger, string? why, Exception? fault);
}
