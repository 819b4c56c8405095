using Hexagram.Storage.Postgres.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hexagram.Storage.Postgres.Connections;

/// <summary>
/// Whether the database takes writes. After a failure it is asked again and again, at once and then every second at most; until it has said yes, everything is
/// refused, so that nothing is accepted behind something of which nothing is known. Safe from any thread.
/// </summary>
internal sealed partial class Availability(DatabaseLink link, StoreSeams seams, StoreMeter meter, TimeProvider time, ILogger logger, string database) : IAsyncDisposable
{
    private const string Question = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile StoreUnavailableException? _fault;
    private Task _asking = Task.CompletedTask;

    /// <summary>Why nothing can be written at present, or null.</summary>
    internal StoreUnavailableException? Fault => _fault;

    /// <summary>Completes when the database takes writes, as far as is known.</summary>
    internal Task Recovered
    {
        get
        {
            lock (_gate)
            {
                return _asking;
            }
        }
    }

    /// <summary>Takes note of a failure, and returns what to tell.</summary>
    internal StoreUnavailableException Fail(Exception cause)
    {
        var fault = new StoreUnavailableException(
            $"The mailbox store in the database {database} cannot be written at present: {cause.Message} Nothing is known about what was under way. It is tried again by itself.",
            cause);
        lock (_gate)
        {
            if (!_stop.IsCancellationRequested && _fault is null)
            {
                _fault = fault;
                meter.WentAway();
                LogAway(logger, database, cause.Message);
                _asking = AskAsync(_stop.Token);
            }
        }

        return fault;
    }

    /// <summary>The fault once more: one object thrown from many places would mix their stack traces.</summary>
    internal static StoreUnavailableException Again(StoreUnavailableException fault) => new(fault.Message, fault.InnerException ?? fault);

    public async ValueTask DisposeAsync()
    {
        Task asking;
        lock (_gate)
        {
            _stop.Cancel();
            asking = _asking;
        }

        await asking;
        _stop.Dispose();
    }

    private async Task AskAsync(CancellationToken stop)
    {
        var since = time.GetTimestamp();
        await Task.Yield();
        for (var pause = FirstPause; !await TakesWritesAsync(stop); pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            await Task.Delay(pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                return;
            }
        }

        lock (_gate)
        {
            _fault = null;
            meter.CameBack();
        }

        LogBack(logger, database, time.GetElapsedTime(since).TotalSeconds);
    }

    private async Task<bool> TakesWritesAsync(CancellationToken stop)
    {
        try
        {
            await seams.BeforeWriting();
            link.LetGo();
            await using var connection = await link.ConnectAsync(stop);
            await using var command = new NpgsqlCommand(Question, connection);
            return await command.ExecuteScalarAsync(stop) is false;
        }
#pragma warning disable CA1031 // Whatever hinders it, the answer is no; why is known from the failure that led here.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }
}
