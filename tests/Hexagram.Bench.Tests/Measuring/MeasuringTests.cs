using System.Diagnostics;
using Hexagram.Bench.Measuring;

namespace Hexagram.Bench.Tests.Measuring;

/// <summary>What is measured is the right part, to the precision that is promised.</summary>
public sealed class MeasuringTests
{
    [Fact]
    public void Percentiles_are_right_to_three_digits()
    {
        var latencies = new Latencies();
        for (var milliseconds = 1; milliseconds <= 1_000; milliseconds++)
        {
            latencies.Record(TimeSpan.FromMilliseconds(milliseconds));
        }

        Assert.Equal(1_000, latencies.Count);
        Assert.InRange(latencies.Percentile(50).TotalMilliseconds, 500, 500.5);
        Assert.InRange(latencies.Percentile(99).TotalMilliseconds, 990, 991);
        Assert.InRange(latencies.Percentile(100).TotalMilliseconds, 1_000, 1_001);
        Assert.InRange(latencies.CountBetween(TimeSpan.Zero, TimeSpan.FromMilliseconds(100)), 99, 101);
    }

    [Fact]
    public void Only_what_began_in_the_measured_part_counts()
    {
        var part = new MeasuredPart();
        var before = Stopwatch.GetTimestamp();
        part.Confirm(before);
        part.Begin();
        var within = Stopwatch.GetTimestamp();
        part.Confirm(before);
        part.Confirm(within);
        part.End();
        part.Confirm(within);
        part.Confirm(Stopwatch.GetTimestamp());

        Assert.Equal(2, part.Latencies.Count);
    }

    /// <summary>A message that waits to be sent because the load is late has waited: its latency begins when it should have left.</summary>
    [Fact]
    public void A_latency_counts_from_the_time_that_it_is_given()
    {
        var part = new MeasuredPart();
        part.Begin();
        var intendedAt = Stopwatch.GetTimestamp();
        var deadline = intendedAt + (Stopwatch.Frequency / 100);
        SpinWait.SpinUntil(() => Stopwatch.GetTimestamp() > deadline);

        part.Confirm(intendedAt);

        Assert.True(part.Latencies.Percentile(50) >= TimeSpan.FromMilliseconds(9.9));
    }

    [Fact]
    public void A_process_is_read_with_its_processor_time_and_memory()
    {
        var before = ProcessReading.Of(Environment.ProcessId);
        SpinWait.SpinUntil(() => (ProcessReading.Of(Environment.ProcessId).Processor - before.Processor).TotalMilliseconds >= 10, TimeSpan.FromSeconds(10));
        var after = ProcessReading.Of(Environment.ProcessId);

        Assert.InRange((after.Processor - before.Processor).TotalMilliseconds, 10, 10_000);
        Assert.True(after.Voluntary + after.Involuntary > 0);
        var memory = ProcessMemory.Of(Environment.ProcessId);
        Assert.InRange(memory.Private, 1 << 20, memory.Resident);
    }
}
