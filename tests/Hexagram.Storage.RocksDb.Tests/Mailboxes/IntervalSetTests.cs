using CsCheck;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Tests.Mailboxes;

/// <summary>Intervals against a plain set of numbers.</summary>
public sealed class IntervalSetTests
{
    private const int NumbersMax = 40;

    private static readonly Gen<(int After, int UpTo)> AnyInterval =
        Gen.Select(Gen.Int[0, NumbersMax], Gen.Int[0, NumbersMax], (a, b) => (Math.Min(a, b), Math.Max(a, b)));

    [Fact]
    public void Any_intervals_hold_what_a_plain_set_holds() => Gen.Select(AnyInterval.List[0, 12], AnyInterval).Sample((added, asked) =>
    {
        var (set, plain) = (new IntervalSet(), new SortedSet<long>());
        foreach (var (after, upTo) in added)
        {
            set.Add(after, upTo);
            plain.UnionWith(Numbers(after, upTo));
        }

        Assert.All(Numbers(-1, NumbersMax + 1), number => Assert.Equal(plain.Contains(number), set.Contains(number)));
        var within = Numbers(asked.After, asked.UpTo).ToList();
        Assert.Equal(within.Count(plain.Contains), set.CountWithin(asked.After, asked.UpTo));

        var missing = new List<long>();
        for (long after = asked.After; set.FirstGap(after, asked.UpTo) is { IsEmpty: false } gap; after = gap.UpTo)
        {
            missing.AddRange(Numbers(gap.After, gap.UpTo));
        }

        Assert.Equal(within.Where(number => !plain.Contains(number)), missing);
    });

    [Fact]
    public void Intervals_are_disjoint_in_order_and_joined_where_they_touch() => AnyInterval.List[0, 12].Sample(added =>
    {
        var set = new IntervalSet();
        added.ForEach(interval => set.Add(interval.After, interval.UpTo));

        for (var i = 0; i < set.Count; i++)
        {
            Assert.False(set[i].IsEmpty);
            Assert.True(i == 0 || set[i - 1].UpTo < set[i].After, "Two that touch are one.");
        }
    });

    [Fact]
    public void Dropping_takes_whole_intervals_only()
    {
        var set = new IntervalSet();
        set.Add(1, 3);
        set.Add(5, 9);

        set.DropUpTo(7);

        Assert.Equal(new Interval(5, 9), set[0]);
        Assert.Equal(1, set.Count);
    }

    private static IEnumerable<long> Numbers(long after, long upTo)
    {
        for (var number = after + 1; number <= upTo; number++)
        {
            yield return number;
        }
    }
}
