using System.Diagnostics;
using Hexagram.Architecture.Tests.Rules;
using Hexagram.Protocol;

namespace Hexagram.Architecture.Tests;

/// <summary>The delivery rules and the protocol are pure: the simulation replays them from a seed because of it.</summary>
public sealed class PurityTests
{
    [Fact]
    public void The_delivery_rules_touch_no_clock_no_chance_no_thread_and_no_input_or_output() =>
        Holds.For(Purity.Deterministic.Faults(PathOf("Hexagram.Delivery")));

    [Fact]
    public void The_protocol_touches_no_input_or_output() =>
        Holds.For(Purity.NoInputOutput.Faults(PathOf("Hexagram.Protocol")));

    /// <summary>This assembly is the bad sample: it does everything that is forbidden.</summary>
    [Fact]
    public void What_is_not_pure_is_found()
    {
        Impure();
        var found = Purity.Deterministic.Faults(PathOf("Hexagram.Architecture.Tests"));
        Assert.Contains("System.IO.File", found);
        Assert.Contains("System.Threading.Lock", found);
        Assert.Contains("System.Console", found);
        Assert.Contains("System.Diagnostics.Stopwatch", found);
        Assert.Contains("System.Random::get_Shared", found);
        Assert.Contains("System.DateTimeOffset::get_UtcNow", found);
        Assert.Contains("System.Guid::NewGuid", found);
        Assert.Contains("Hexagram.Protocol.MessageId::New", found);

        found = Purity.NoInputOutput.Faults(PathOf("Hexagram.Architecture.Tests"));
        Assert.Contains("System.IO.File", found);
        Assert.DoesNotContain("System.Diagnostics.Stopwatch", found);
    }

    private static void Impure()
    {
        Assert.True(Stopwatch.GetTimestamp() > 0);
        Assert.True(Random.Shared.Next() >= 0);
        Assert.NotEqual(default, MessageId.New(DateTimeOffset.UtcNow));
        Assert.NotEqual(default, Guid.NewGuid());
    }

    private static string PathOf(string assembly) => Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll");
}
