using Hexagram.Protocol;
using Hexagram.Storage;

namespace Hexagram.Bench.Runs;

/// <summary>Fills a store before its server starts, through the store's own interface: so many mailboxes with so many entries between them.</summary>
internal static class Stock
{
    private const int BatchItems = 4_096;
    private const int BodyBytes = 100;

    /// <summary>A sender may bring so many mailboxes into being in a day, and have so many entries unconfirmed in one; each sender here stays below both.</summary>
    private const int MailboxesPerSender = 5_000;

    private const int EntriesPerSender = 5_000;

    /// <summary>Fills it.</summary>
    /// <param name="store">The store, which is empty.</param>
    /// <param name="mailboxes">How many mailboxes.</param>
    /// <param name="entries">How many entries; those of a mailbox differ by one at the most.</param>
    /// <param name="time">What o'clock the messages are made at.</param>
    /// <param name="progressed">Is told how many there are.</param>
    /// <param name="stop">Ends it with an exception.</param>
    /// <exception cref="InvalidOperationException">The store takes no more.</exception>
    public static async Task FillAsync(IMailboxStore store, int mailboxes, int entries, TimeProvider time, Action<long> progressed, CancellationToken stop)
    {
        var lane = new AppendLane();
        var body = new byte[BodyBytes];
        body.AsSpan().Fill((byte)'.');
        Body.TryCreate(body, "", out var text);
        var batch = new List<Task<AppendResult>>(BatchItems);
        for (var done = 0; done < entries; done += batch.Count)
        {
            stop.ThrowIfCancellationRequested();
            batch.Clear();
            var now = time.GetUtcNow();
            for (var number = done; number < Math.Min(entries, done + BatchItems); number++)
            {
                var mailbox = number % mailboxes;
                var sender = new UserId($"stock-sender{mailbox / MailboxesPerSender}-{number / mailboxes / EntriesPerSender}");
                batch.Add(store.AppendAsync(new AppendItem(new UserId($"stock{mailbox}"), sender, MessageId.New(now), text, lane)).AsTask());
            }

            foreach (var result in await Task.WhenAll(batch).WaitAsync(stop).ConfigureAwait(false))
            {
                if (result.Outcome != AppendOutcome.New)
                {
                    throw new InvalidOperationException($"The store does not take the entries that it is to hold: {result.Outcome}, {result.Code}.");
                }
            }

            progressed(done + batch.Count);
        }
    }
}
