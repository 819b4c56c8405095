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
        var done = 0L;
        Task<AppendResult[]> written = Task.FromResult<AppendResult[]>([]);
        foreach (var batch in Places(mailboxes, entries).Chunk(BatchItems))
        {
            var now = time.GetUtcNow();
            var writing = Task.WhenAll(batch.Select(place => store.AppendAsync(new AppendItem(place.To, place.From, MessageId.New(now), text, lane)).AsTask()));
            progressed(done += await TakenAsync(written).ConfigureAwait(false));

            // The store writes one batch while the next is handed over.
            written = writing;
            stop.ThrowIfCancellationRequested();
        }

        progressed(done + await TakenAsync(written).ConfigureAwait(false));
    }

    /// <summary>One mailbox after the other, so that the store need not remember them all.</summary>
    private static IEnumerable<(UserId To, UserId From)> Places(int mailboxes, int entries)
    {
        for (var mailbox = 0; mailbox < mailboxes; mailbox++)
        {
            var to = new UserId($"stock{mailbox}");
            var from = default(UserId);
            var count = (entries / mailboxes) + (mailbox < entries % mailboxes ? 1 : 0);
            for (var number = 0; number < count; number++)
            {
                if (number % EntriesPerSender == 0)
                {
                    from = new UserId($"stock-sender{mailbox / MailboxesPerSender}-{number / EntriesPerSender}");
                }

                yield return (to, from);
            }
        }
    }

    private static async Task<int> TakenAsync(Task<AppendResult[]> batch)
    {
        var results = await batch.ConfigureAwait(false);
        foreach (var result in results)
        {
            if (result.Outcome != AppendOutcome.New)
            {
                throw new InvalidOperationException($"The store does not take the entries that it is to hold: {result.Outcome}, {result.Code}.");
            }
        }

        return results.Length;
    }
}
