using CsCheck;
using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Tests.Mailboxes;

/// <summary>The memory of unconfirmed headers may forget any, but must never tell a wrong one.</summary>
public sealed class HeaderRingTests
{
    [Fact]
    public void What_it_holds_is_what_was_added() => Gen.Int[-30, 60].List[1, 40].Sample(steps =>
    {
        var ring = new HeaderRing();
        var last = 0L;
        foreach (var step in steps)
        {
            if (step < 0)
            {
                ring.DropUpTo(last + step + 15);
            }

            for (var n = 0; n < step; n++)
            {
                ring.Add(++last, new UserId($"user-{last}"), default);
            }

            for (var sequence = Math.Max(1, last - 400); sequence <= last + 2; sequence++)
            {
                Assert.True(!ring.Holds(sequence) || (sequence <= last && ring[sequence].From.Value == $"user-{sequence}"));
            }

            Assert.True(step <= 0 || ring.Holds(last), "The newest is held.");
        }
    });

    [Fact]
    public void It_holds_a_bounded_number()
    {
        var ring = new HeaderRing();
        for (var n = 1; n <= 1_000; n++)
        {
            ring.Add(n, new UserId("alice"), default);
        }

        Assert.Equal(HeaderRing.HeadersMax, Enumerable.Range(0, 1_002).Count(n => ring.Holds(n)));
    }

    [Fact]
    public void It_begins_anew_when_entries_were_numbered_that_it_did_not_see()
    {
        var ring = new HeaderRing();
        ring.Add(1, new UserId("alice"), default);
        ring.Add(7, new UserId("bob"), default);

        Assert.False(ring.Holds(1));
        Assert.True(ring.Holds(7));
    }
}
