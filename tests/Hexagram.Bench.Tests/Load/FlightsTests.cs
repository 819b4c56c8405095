using Hexagram.Bench.Load;

namespace Hexagram.Bench.Tests.Load;

/// <summary>What a sender knows of its messages that are not confirmed.</summary>
public sealed class FlightsTests
{
    [Fact]
    public void A_message_is_accepted_once_and_delivered_once()
    {
        var flights = new Flights();
        var number = flights.Add(begunAt: 7);

        Assert.True(flights.Accept(number));
        Assert.False(flights.Accept(number));
        Assert.True(flights.Deliver(number, out var begunAt));
        Assert.Equal(7, begunAt);
        Assert.False(flights.Deliver(number, out _));
        Assert.Equal((1, 1, 1), (flights.Sent, flights.Accepted, flights.Delivered));
    }

    [Fact]
    public void A_message_that_was_not_accepted_is_not_delivered()
    {
        var flights = new Flights();

        Assert.False(flights.Deliver(flights.Add(1), out _));
        Assert.False(flights.Accept(5));
    }

    [Fact]
    public void One_that_takes_long_does_not_keep_later_ones_from_being_confirmed()
    {
        var flights = new Flights();
        var slow = flights.Add(begunAt: 100);
        flights.Accept(slow);
        for (var round = 0; round < 1_000; round++)
        {
            var number = flights.Add(begunAt: round);
            Assert.True(flights.Accept(number));
            Assert.True(flights.Deliver(number, out var begunAt));
            Assert.Equal(round, begunAt);
        }

        Assert.True(flights.Deliver(slow, out var slowBegunAt));
        Assert.Equal(100, slowBegunAt);
        Assert.Equal(1_001, flights.Delivered);
    }
}
