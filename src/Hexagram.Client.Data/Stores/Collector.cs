using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using Hexagram.Client.Stores;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Data.Stores;

/// <summary>
/// Takes what the application's transactions have enqueued into the outbox, when they are committed: looks for rows, never for numbers beyond the last, so that one
/// that is committed late is found late and not passed over.
/// </summary>
/// <remarks>One loop; <see cref="Follow"/> and <see cref="Wake"/> are thread-safe.</remarks>
internal sealed class Collector(DatabaseWriter writer, DatabaseClientStore options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Found and taken together.</summary>
    private const int RoundMax = 500;

    /// <summary>So many transactions are asked after at once.</summary>
    private const int AskedMax = 50;

    /// <summary>How soon to look for what this process has just enqueued; each further look comes twice as late.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(2);

    /// <summary>How long to leave a database alone that has failed.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, Followed> _followed = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _stopped;
    private TimeSpan _interval = options.PollInterval;

    // One row is enough to find out whether there is room again.
    private int _roundMax = RoundMax;
    private Task _running = Task.CompletedTask;

    internal void Start(TakeMessage take, Action<Exception> fail) => _running = Task.Run(() => RunAsync(take, fail));

    /// <summary>Looks now.</summary>
    internal void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Tells <paramref name="message"/> what becomes of it.</summary>
    internal void Follow(EnqueuedMessage message, DbTransaction transaction, string transactionName)
    {
        _followed[message.Ticket] = new Followed(message, transaction, transactionName);
        if (_stopped)
        {
            Forget();
        }

        Wake();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _stopped = true;
        Forget();
    }

    private async Task RunAsync(TakeMessage take, Action<Exception> fail)
    {
        while (!_stop.IsCancellationRequested)
        {
            var again = false;
            try
            {
                again = await CollectAsync(take);
            }
            catch (ClientStoreException fault)
            {
                logger.CannotCollect(options.Name, fault);
                _interval = AfterFailure;
            }
            catch (Exception defect)
            {
                fail(defect);
                return;
            }

            if (!again)
            {
                await PauseAsync();
            }
        }
    }

    /// <returns>There may be more, and room for it.</returns>
    private async Task<bool> CollectAsync(TakeMessage take)
    {
        // Asked first: what is committed by a transaction that has ended by now is among the rows that are read next.
        var ended = _followed.IsEmpty ? [] : await writer.AskAsync(Ended);
        var (rows, areAll) = await writer.AskAsync(session => DatabaseRows.Enqueued(session, options.Name, _roundMax));
        var taken = new List<Task<SentMessage>>(rows.Count);
        foreach (var (to, body, source) in rows)
        {
            var taking = take(to, body, source);
            if (taking.IsFaulted)
            {
                // No room, or closed. It waits where it is, and those after it too.
                break;
            }

            taken.Add(TellAsync(taking, source.Ticket));
        }

        await Task.WhenAll(taken);
        var tookAll = taken.Count == rows.Count;
        _roundMax = tookAll || taken.Count > 0 ? RoundMax : 1;
        if (tookAll && areAll)
        {
            // Their transactions have ended, and they were not there.
            ended.ForEach(followed => End(followed.Message.Ticket, message => message.RolledBack()));
        }

        return tookAll && !areAll;
    }

    private async Task<SentMessage> TellAsync(Task<SentMessage> taking, Guid ticket)
    {
        var sent = await taking;
        FailPoint.Pass("outbox.taken");
        End(ticket, message => message.Taken(sent));
        return sent;
    }

    private List<Followed> Ended(DatabaseSession session) =>
        [.. _followed.Values
            .GroupBy(followed => (followed.Transaction, followed.TransactionName))
            .Take(AskedMax)
            .Where(transaction => options.Dialect.HasEnded(session, transaction.Key.Transaction, transaction.Key.TransactionName))
            .SelectMany(transaction => transaction)];

    private void End(Guid ticket, Action<EnqueuedMessage> tell)
    {
        if (_followed.TryRemove(ticket, out var followed))
        {
            tell(followed.Message);
        }
    }

    private void Forget()
    {
        foreach (var ticket in _followed.Keys)
        {
            End(ticket, message => message.Closed());
        }
    }

    private async Task PauseAsync()
    {
        using var pausing = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var woken = _wake.Reader.WaitToReadAsync(pausing.Token).AsTask();
        await Task.WhenAny(Task.Delay(_interval, time, pausing.Token), woken);
        await pausing.CancelAsync();
        var called = _wake.Reader.TryRead(out _);
        _interval = called ? FirstLook : _interval * 2 < options.PollInterval ? _interval * 2 : options.PollInterval;
    }

    /// <summary>A message whose sender waits to hear of it.</summary>
    private sealed record Followed(EnqueuedMessage Message, DbTransaction Transaction, string TransactionName);
}
