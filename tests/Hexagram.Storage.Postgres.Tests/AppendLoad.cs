using System.Diagnostics;

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>Appends as fast as it can with a fixed number in flight, and says how many that were and what they cost this process.</summary>
internal static class AppendLoad
{
    internal const string Verb = "append-load";

    private const int BodyCharacters = 100;

    internal static async Task<int> RunAsync(string connectionString, int inFlight, int mailboxes, TimeSpan time)
    {
        var options = new PostgresStoreOptions { ConnectionString = connectionString };
        await using var store = await PostgresMailboxStore.OpenAsync(options, TimeProvider.System);
        var body = (Body)new string('x', BodyCharacters);
        var clock = Stopwatch.StartNew();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var counts = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(n => Task.Run(async () =>
        {
            var (random, lane, count) = (new Random(n), new AppendLane(), 0L);
            while (clock.Elapsed < time)
            {
                var item = new AppendItem(new UserId($"user-{random.Next(mailboxes)}"), new UserId($"sender-{n}"), MessageId.New(DateTimeOffset.UtcNow), body, lane);
                count += (await store.AppendAsync(item)).Outcome == AppendOutcome.New ? 1 : 0;
            }

            return count;
        })));
        var (elapsed, sum) = (clock.Elapsed, counts.Sum());
        var spent = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        Console.WriteLine($"{sum} messages in {elapsed.TotalSeconds:F1} s: {sum / elapsed.TotalSeconds:F0}/s, {spent.TotalMicroseconds / sum:F1} us of processor each here");
        return 0;
    }
}
