using System.Globalization;
using System.Text;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Tests.Crash;

/// <summary>
/// The process that is killed. It appends, resends, reads, confirms and forgets as fast as it can, and says on its standard output what it was
/// told, each line only after it was told:
/// <code>
/// accepted SENDER NUMBER SEQUENCE
/// read MAILBOX SEQUENCE SENDER NUMBER
/// confirmed MAILBOX CURSOR
/// available MAILBOX FIRST
/// </code>
/// </summary>
internal sealed class CrashChild(RocksDbMailboxStore store, int round, Stream output)
{
    internal const string Verb = "crash-store";
    internal const string Ready = "ready";

    /// <summary>What every line ends with, so that one cut short by the kill can be told from a whole one.</summary>
    internal const char EndOfLine = ';';

    internal static async Task<int> RunAsync(string folder, int round)
    {
        await using var store = RocksDbMailboxStore.Open(CrashScript.Options(folder), TimeProvider.System);
        await using var output = Console.OpenStandardOutput();
        var child = new CrashChild(store, round, output);
        child.Say(Ready);
        await Task.WhenAll(Enumerable.Range(0, CrashScript.Senders).Select(child.SendAsync)
            .Concat(Enumerable.Range(0, CrashScript.Mailboxes).Select(child.ReceiveAsync))
            .Append(child.ForgetAsync()));
        return 0;
    }

    private async Task SendAsync(int sender)
    {
        await Task.Yield();
        var random = new Random((round * 100) + sender);
        var lane = new AppendLane();
        var first = round * CrashScript.NumbersPerRound;
        for (var number = first; number < first + CrashScript.NumbersPerRound;)
        {
            // Some at a time, so that commits hold several; some of them sent before, in this round or in one that was killed.
            var batch = Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(8) switch
            {
                0 when number > first => random.Next(first, number),
                1 when round > 0 => (random.Next(round) * CrashScript.NumbersPerRound) + random.Next(2_000),
                _ => number++,
            }).ToList();
            var answers = batch.Select(n => store.AppendAsync(CrashScript.Message(sender, n, lane)).AsTask()).ToList();
            for (var i = 0; i < batch.Count; i++)
            {
                var answer = await answers[i];
                if (answer.Outcome is AppendOutcome.New or AppendOutcome.Duplicate)
                {
                    Say($"accepted {sender} {batch[i]} {answer.Sequence}");
                }
                else if (answer.Code != ErrorCode.Expired || batch[i] % CrashScript.Mailboxes >= CrashScript.ForgettingMailboxes)
                {
                    throw new InvalidOperationException($"Message {batch[i]} of {sender} was answered {answer}.");
                }
            }
        }
    }

    private async Task ReceiveAsync(int mailbox)
    {
        var user = CrashScript.Mailbox(mailbox);
        var hello = new DeviceHello(user, CrashScript.Device, Epoch.None, Sequence.None, StreamStart.Oldest);
        await store.OpenDeviceAsync(hello);
        var cursor = (await store.DevicesAsync(user, CancellationToken.None)).Single().Cursor;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (await timer.WaitForNextTickAsync())
        {
            var page = await store.ReadAsync(user, cursor, 100, int.MaxValue, CancellationToken.None);
            foreach (var entry in page.Entries)
            {
                var words = entry.Body.Text.Split(' ');
                Say($"read {mailbox} {entry.Sequence} {words[0]} {words[1]}");
                cursor = entry.Sequence;
            }

            if (page.Entries.Count > 0 && mailbox < CrashScript.ForgettingMailboxes)
            {
                // The last confirmations may go with the process; a position that was read is on its disk.
                await store.ConfirmAsync(user, CrashScript.Device, store.Epoch, cursor);
                if (cursor.Value % 4 == 0)
                {
                    Say($"confirmed {mailbox} {(await store.DevicesAsync(user, CancellationToken.None)).Single().Cursor}");
                }
            }
        }
    }

    private async Task ForgetAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (await timer.WaitForNextTickAsync())
        {
            await store.ForgetAsync(DateTimeOffset.UtcNow, CancellationToken.None);
            for (var mailbox = 0; mailbox < CrashScript.ForgettingMailboxes; mailbox++)
            {
                var position = await store.PositionsAsync([CrashScript.Mailbox(mailbox)], CancellationToken.None);
                Say($"available {mailbox} {position[0].FirstAvailable}");
            }
        }
    }

    private void Say(string line)
    {
        var bytes = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line}{EndOfLine}\n"));
        lock (output)
        {
            output.Write(bytes);
            output.Flush();
        }
    }
}
