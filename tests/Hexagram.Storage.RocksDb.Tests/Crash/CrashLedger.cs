using System.Globalization;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Tests.Crash;

/// <summary>What killed processes had been told, and whether a store still says the same.</summary>
internal sealed class CrashLedger
{
    private readonly Dictionary<(int Mailbox, long Sequence), (int Sender, int Number)> _entries = [];
    private readonly Dictionary<(int Sender, int Number), long> _accepted = [];
    private readonly long[] _cursors = new long[CrashScript.Mailboxes];
    private readonly long[] _available = new long[CrashScript.Mailboxes];

    /// <summary>How many messages were reported durable.</summary>
    internal int AcceptedCount => _accepted.Count;

    /// <summary>How many entries are known, accepted or read.</summary>
    internal int EntriesCount => _entries.Count;

    /// <summary>How many entries are known to have been forgotten.</summary>
    internal long ForgottenCount => _available.Sum(first => Math.Max(0, first - 1));

    /// <summary>Takes down one line of a child.</summary>
    internal void Note(string line)
    {
        var words = line.Split(' ');
        int Word(int n) => int.Parse(words[n], CultureInfo.InvariantCulture);
        switch (words[0])
        {
            case "accepted":
                var (sender, number, sequence) = (Word(1), Word(2), Word(3));
                Assert.True(_accepted.TryAdd((sender, number), sequence) || _accepted[(sender, number)] == sequence, $"Message {number} of {sender} was told two numbers.");
                NoteEntry(number % CrashScript.Mailboxes, sequence, sender, number);
                break;
            case "read":
                NoteEntry(Word(1), Word(2), Word(3), Word(4));
                break;
            case "confirmed":
                _cursors[Word(1)] = Math.Max(_cursors[Word(1)], Word(2));
                break;
            case "available":
                _available[Word(1)] = Math.Max(_available[Word(1)], Word(2));
                break;
            default:
                Assert.Equal(CrashChild.Ready, line);
                break;
        }
    }

    /// <summary>Compares a store with all that was ever told.</summary>
    internal async Task CheckAsync(IMailboxStore store)
    {
        for (var mailbox = 0; mailbox < CrashScript.Mailboxes; mailbox++)
        {
            await CheckMailboxAsync(store, mailbox);
        }

        await CheckResendAsync(store);
    }

    private async Task CheckMailboxAsync(IMailboxStore store, int mailbox)
    {
        var user = CrashScript.Mailbox(mailbox);
        var page = await store.ReadAsync(user, Sequence.None, int.MaxValue, int.MaxValue, CancellationToken.None);
        var (first, last) = (page.Position.FirstAvailable.Value, page.Position.Last.Value);
        Assert.Equal(last - first + 1, page.Entries.Count);
        var standing = new HashSet<(UserId, MessageId)>();
        for (var i = 0; i < page.Entries.Count; i++)
        {
            var entry = page.Entries[i];
            Assert.Equal(first + i, entry.Sequence.Value);
            Assert.True(standing.Add((entry.From, entry.Id)), $"The message {entry.Id} of {entry.From} stands twice.");
            CheckEntry(mailbox, entry);
        }

        var known = _entries.Keys.Where(key => key.Mailbox == mailbox).Select(key => key.Sequence).DefaultIfEmpty().Max();
        Assert.True(known <= last, $"Entry {known} of mailbox {mailbox} had been told and is gone.");
        var cursor = (await store.DevicesAsync(user, CancellationToken.None)).SingleOrDefault()?.Cursor.Value ?? 0;
        Assert.True(cursor >= _cursors[mailbox], $"The cursor of mailbox {mailbox} fell from {_cursors[mailbox]} to {cursor}.");
        Assert.True(first >= _available[mailbox], $"What mailbox {mailbox} had forgotten up to {_available[mailbox]} came back at {first}.");
        Assert.True(first - 1 <= cursor, $"Mailbox {mailbox} has forgotten up to {first - 1} and was confirmed up to {cursor} only.");
        Assert.True(first == 1 || mailbox < CrashScript.ForgettingMailboxes, $"Mailbox {mailbox} has forgotten what nobody had confirmed.");
    }

    private void NoteEntry(int mailbox, long sequence, int sender, int number) =>
        Assert.True(
            _entries.TryAdd((mailbox, sequence), (sender, number)) || _entries[(mailbox, sequence)] == (sender, number),
            $"Entry {sequence} of mailbox {mailbox} was two messages.");

    private void CheckEntry(int mailbox, Entry entry)
    {
        var words = entry.Body.Text.Split(' ');
        var (sender, number) = (int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture));
        var message = CrashScript.Message(sender, number, new AppendLane());
        Assert.Equal((message.To, message.From, message.Id, message.Body), (CrashScript.Mailbox(mailbox), entry.From, entry.Id, entry.Body));
        NoteEntry(mailbox, entry.Sequence.Value, sender, number);
        if (_accepted.TryGetValue((sender, number), out var sequence))
        {
            Assert.Equal(sequence, entry.Sequence.Value);
        }
    }

    /// <summary>A resend of what was accepted must be found, with its number; a sample is enough.</summary>
    private async Task CheckResendAsync(IMailboxStore store)
    {
        foreach (var ((sender, number), sequence) in _accepted.TakeLast(50))
        {
            var answer = await store.AppendAsync(CrashScript.Message(sender, number, new AppendLane()));
            var forgotten = number % CrashScript.Mailboxes < CrashScript.ForgettingMailboxes && answer.Code == ErrorCode.Expired;
            Assert.True(forgotten || (answer.Outcome, answer.Sequence.Value) == (AppendOutcome.Duplicate, sequence), $"Message {number} of {sender}, accepted as {sequence}, was answered {answer}.");
        }
    }
}
