using System.Diagnostics;

namespace Hexagram.Storage.RocksDb.Tests.Crash;

/// <summary>A process is killed with SIGKILL in the middle of its writing, again and again, on the same folder.</summary>
public sealed class CrashTests
{
    private const int Folders = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_was_told_before_a_kill_is_there_after_it()
    {
        var killsEach = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 500 : 20;
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");

        // Several folders at once: most of a round is waiting for a process to start and for the disk.
        var ledgers = await Task.WhenAll(Enumerable.Range(0, Folders).Select(n => Task.Run(() => KillAsync(killsEach, new Random(seed + n)))));

        Assert.All(ledgers, ledger => Assert.True(ledger.AcceptedCount > 100, "Too little was written for the kills to mean anything."));
        Assert.True(ledgers.Sum(ledger => ledger.ForgottenCount) > 0, "Nothing was forgotten, so forgetting was not tested.");
        Measured.Report($"the store survived {Folders * killsEach} SIGKILLs with {ledgers.Sum(ledger => ledger.AcceptedCount)} messages reported durable and {ledgers.Sum(ledger => ledger.EntriesCount)} visible, none lost, doubled or renumbered; {ledgers.Sum(ledger => ledger.ForgottenCount)} were forgotten as they may be");
    }

    private static async Task<CrashLedger> KillAsync(int kills, Random random)
    {
        await using var place = new RocksDbPlace();
        var ledger = new CrashLedger();
        for (var round = 0; round < kills; round++)
        {
            await RunAndKillAsync(place.Folder, round, ledger, random);
            await using var store = RocksDbMailboxStore.Open(CrashScript.Options(place.Folder), TimeProvider.System);
            await ledger.CheckAsync(store);
        }

        return ledger;
    }

    private static async Task RunAndKillAsync(string folder, int round, CrashLedger ledger, Random random)
    {
        using var child = ChildProcess.Start(CrashChild.Verb, folder, $"{round}");

        // Mostly while it writes; now and then while it opens what the last kill left.
        var linesBeforeKill = random.Next(6) == 0 ? 0 : random.Next(1, 3_000);
        var early = linesBeforeKill == 0 ? KillAfterAsync(child, TimeSpan.FromMilliseconds(random.Next(0, 600))) : Task.CompletedTask;
        var lines = 0;
        while (await child.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            // The kill may cut the last line short; a line without its end was not told. ReadLine cannot tell, the marker can.
            if (line.EndsWith(CrashChild.EndOfLine))
            {
                ledger.Note(line[..^1]);
            }

            if (++lines == linesBeforeKill)
            {
                child.Kill();
            }
        }

        await early.WaitAsync(Patience);
        await child.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(128 + 9, child.ExitCode);
    }

    private static async Task KillAfterAsync(Process child, TimeSpan delay)
    {
        using var timer = new PeriodicTimer(delay + TimeSpan.FromMilliseconds(1));
        await timer.WaitForNextTickAsync();
        child.Kill();
    }
}
