using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Tests.Floods;

/// <summary>
/// Floods against a whole server on the real clock, with an honest pair of clients beside them. What they ask is taken, slowed down or turned
/// away; the server's memory stays within a bound per connection, and the honest pair loses nothing and hardly notices.
/// </summary>
/// <remarks>
/// Attackers, server and the honest pair share this process and its cores, so the latencies are the worst case of one machine. Memory is the
/// growth of the managed heap after a collection, while the flood is held; the attackers' own buffers are in it.
/// </remarks>
public sealed class FloodTests
{
    /// <summary>Far above what is measured (and printed), so that a busy machine does not fail the test.</summary>
    private static readonly TimeSpan LatencyMax = TimeSpan.FromSeconds(10);

    /// <summary>What the honest pair and the caches of a server at work may grow by.</summary>
    private const long HeapGrowthFixed = 96 << 20;

    private static readonly bool Long = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1";

    public static TheoryData<string> Names => new(AllFloods.All.Select(flood => flood.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_honest_pair_beside_a_flood_is_undisturbed_and_memory_stays_bounded(string name)
    {
        var flood = AllFloods.All.Single(flood => flood.Name == name);
        await using var stage = await FloodStage.StartAsync();
        await using var pair = await HonestPair.OpenAsync(stage.Server);
        var before = await pair.MeasureAsync(TimeSpan.FromSeconds(Long ? 10 : 0.7));
        var heap = GC.GetTotalMemory(forceFullCollection: true);

        using var stop = new CancellationTokenSource();
        var flooding = Task.Run(() => flood.RunAsync(stage, stop.Token));
        var during = await pair.MeasureAsync(TimeSpan.FromSeconds(Long ? 60 : 2));
        Assert.False(flooding.IsFaulted, $"{flooding.Exception}");
        var grown = GC.GetTotalMemory(forceFullCollection: true) - heap;
        var connections = stage.Connections;
        var amount = stage.Tally.Amount;
        await stop.CancelAsync();
        await flooding.WaitAsync(RawClient.Patience);

        stage.Leave();
        await stage.Server.WhenSessionsAsync(2);
        await pair.MeasureAsync(TimeSpan.Zero);
        pair.Check();
        Assert.DoesNotContain(stage.Server.Logs.Lines, line => line.Level >= LogLevel.Error);
        Measured.Report(
            $"flood of {name}: p99 of an honest message {Milliseconds(before)} without it, {Milliseconds(during)} under it ({during.Count} messages), heap grown by {grown >> 10} KiB with {connections} connections, {amount}");
        Assert.True(amount.Reaches(flood.Least), $"No flood: {amount}, where {flood.Least} is the least.");
        Assert.InRange(P99(during), TimeSpan.Zero, LatencyMax);
        Assert.InRange(grown, long.MinValue, HeapGrowthFixed + (flood.BytesPerConnectionMax * Math.Min(connections, 3_000)));
    }

    private static TimeSpan P99(IReadOnlyList<TimeSpan> sorted) => sorted[(int)Math.Ceiling(sorted.Count * 0.99) - 1];

    private static string Milliseconds(IReadOnlyList<TimeSpan> sorted) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{P99(sorted).TotalMilliseconds:0.0} ms");
}
