using Hexagram.Bench.Load;
using Hexagram.Protocol;

namespace Hexagram.Bench.Tests.Load;

/// <summary>A message that is lost, doubled or out of order is a finding; anything else is not.</summary>
public sealed class ArrivalsTests
{
    private readonly Findings _findings = new();

    [Fact]
    public void What_arrives_once_and_in_order_is_no_finding() => Assert.Equal(0, FindingsOf(sent: 4, 0, 1, 2, 3));

    [Fact]
    public void A_message_that_does_not_arrive_is_lost()
    {
        Assert.Equal(1, FindingsOf(sent: 4, 0, 1, 3));
        Assert.Contains("1 of 4 messages have not arrived", _findings.Texts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_at_the_end_that_do_not_arrive_are_lost() => Assert.Equal(2, FindingsOf(sent: 4, 0, 1));

    [Fact]
    public void A_message_that_arrives_twice_is_doubled()
    {
        Assert.Equal(1, FindingsOf(sent: 3, 0, 1, 1, 2));
        Assert.Contains("message 1 arrived twice", _findings.Texts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_arrives_after_a_later_one_is_reordered_and_not_lost()
    {
        Assert.Equal(1, FindingsOf(sent: 4, 0, 2, 1, 3));
        Assert.Contains("message 1 arrived after a later one", _findings.Texts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_nobody_has_sent_is_a_finding()
    {
        var arrivals = new Arrivals(1, _findings);

        arrivals.Take(Body.FromText("hello"));
        arrivals.Take(BodyOf(stream: 1, number: 0));

        Assert.Equal(2, _findings.Count);
    }

    [Fact]
    public void Streams_do_not_mix()
    {
        var arrivals = new Arrivals(2, _findings);

        arrivals.Take(BodyOf(0, 0));
        arrivals.Take(BodyOf(1, 0));
        arrivals.Take(BodyOf(0, 1));
        arrivals.Verify(0, sent: 2);
        arrivals.Verify(1, sent: 1);

        Assert.True(_findings.IsClean);
    }

    private long FindingsOf(int sent, params IReadOnlyList<int> arriving)
    {
        var arrivals = new Arrivals(1, _findings);
        foreach (var number in arriving)
        {
            arrivals.Take(BodyOf(0, number));
        }

        arrivals.Verify(0, sent);
        return _findings.Count;
    }

    private static Body BodyOf(int stream, int number)
    {
        var bytes = new byte[100];
        NumberedBody.Write(bytes, stream, number);
        Assert.True(Body.TryCreate(bytes, "", out var body));
        return body;
    }
}
