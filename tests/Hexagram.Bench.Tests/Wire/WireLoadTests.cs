using System.Diagnostics;
using Hexagram.Bench.Load;
using Hexagram.Bench.Measuring;
using Hexagram.Bench.Wire;

namespace Hexagram.Bench.Tests.Wire;

/// <summary>A run fails when the server breaks what it promises, and only then.</summary>
public sealed class WireLoadTests
{
    private const int MessagesLeast = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Findings _findings = new();
    private readonly MeasuredPart _measured = new();

    private TimeSpan _took;

    [Fact]
    public async Task A_server_without_mistakes_is_not_blamed()
    {
        var confirmed = await RunAsync(Mistake.None, new Pace(4, null));

        Assert.Empty(_findings.Texts);
        Assert.Equal(confirmed, _measured.Latencies.Count);
    }

    [Fact]
    public async Task Messages_of_an_open_loop_leave_when_they_should()
    {
        var confirmed = await RunAsync(Mistake.None, new Pace(0, PerSecond: 500));

        Assert.Empty(_findings.Texts);
        var least = TimeSpan.FromSeconds(1.0 / 500) * (confirmed - 1);
        Assert.True(_took >= least, $"{confirmed} messages in {_took}.");
    }

    [Theory]
    [InlineData(Mistake.Lose, "have not arrived")]
    [InlineData(Mistake.Doubled, "arrived twice")]
    [InlineData(Mistake.Reorder, "arrived after a later one")]
    [InlineData(Mistake.Repeat, "came again, and did not say so")]
    [InlineData(Mistake.Skip, "came after entry")]
    [InlineData(Mistake.DeliveredEarly, "before its recipient had it")]
    [InlineData(Mistake.DeliveredUnaccepted, "before it was accepted")]
    [InlineData(Mistake.AcceptTwice, "was accepted before")]
    [InlineData(Mistake.NeverDelivered, "not called delivered in time")]
    public async Task A_server_that_makes_one_mistake_is_found_out(Mistake mistake, string finding)
    {
        await RunAsync(mistake, new Pace(4, null));

        Assert.Contains(_findings.Texts, text => text.Contains(finding, StringComparison.Ordinal));
    }

    private async Task<long> RunAsync(Mistake mistake, Pace pace)
    {
        await using var relay = new LyingRelay(mistake);
        await using var load = new WireLoad(new LoadSettings
        {
            Server = relay.Address,
            IssueToken = user => user.Value,
            Streams = 1,
            Senders = 1,
            Recipients = 1,
            BodyBytes = 100,
            Measured = _measured,
            Findings = _findings,
            Patience = mistake == Mistake.None ? Patience : TimeSpan.FromSeconds(1),
            Stop = TestContext.Current.CancellationToken,
            Tag = 1,
        });
        await load.OpenAsync();
        _measured.Begin();
        var begunAt = Stopwatch.GetTimestamp();
        load.Start(pace);
        do
        {
            await load.ContinueAsync(TimeSpan.FromMilliseconds(100));
        }
        while (load.Confirmed < MessagesLeast && _findings.IsClean && Stopwatch.GetElapsedTime(begunAt) < Patience);
        _took = Stopwatch.GetElapsedTime(begunAt);
        await load.FinishAsync();
        return load.Confirmed;
    }
}
