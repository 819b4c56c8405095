using System.Globalization;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Tests.Crash;

/// <summary>What killed processes had been told, and whether a store still says the same.</summary>
internal sealed class CrashLedger
{
    private readonly Dictionary<(int Mailbox, long Sequence), (int Sender, int Number)> _entries = [];
    private readonly Dictionary<(int Sender, int Number), long> _accepted = [];
    private readonly long[] _cursors = new long[CrashScript.Mailboxes];

    /// <summary>How many messages were reported durable.</summary>
    internal int AcceptedCount => _accepted.Count;

    /// <summary>How many entries are known, accepted or read.</summary>
    internal int EntriesCount => _entries.Count;

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
            default:
                Assert.Equal(CrashChild.Ready, line);
                break;
        }
    }

    /// <summary>Compares a store with all that was ever told.</summary>
    internal async Task CheckAsync(IMailboxStore store)
    {
        var standing = new HashSet<(UserId, MessageId)>();
        for (var mailbox = 0; mailbox < CrashScript.Mailboxes; mailbox++)
        {
            var user = CrashScript.Mailbox(mailbox);
            var page = await store.ReadAsync(user, Sequence.None, int.MaxValue, int.MaxValue, CancellationToken.None);
            Assert.Equal(page.Entries.Count, page.Position.Last.Value);
            for (var i = 0; i < page.Entries.Count; i++)
            {
                var entry = page.Entries[i];
                Assert.Equal(i + 1, entry.Sequence.Value);
                Assert.True(standing.Add((entry.From, entry.Id)), $"The message {entry.Id} of {entry.From} stands twice.");
                CheckEntry(mailbox, entry);
            }

            Assert.All(_entries.Keys.Where(key => key.Mailbox == mailbox), key => Assert.True(key.Sequence <= page.Entries.Count, $"Entry {key.Sequence} of mailbox {mailbox} had been told and is gone."));
            var device = (await store.DevicesAsync(user, CancellationToken.None)).SingleOrDefault();
            Assert.True((device?.Cursor.Value ?? 0) >= _cursors[mailbox], $"The cursor of mailbox {mailbox} fell from {_cursors[mailbox]} to {device?.Cursor}.");
        }

        await CheckResendAsync(store);
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
            Assert.Equal((AppendOutcome.Duplicate, sequence), (answer.Outcome, answer.Sequence.Value));
        }
    }
}
