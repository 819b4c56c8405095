using Hexagram.Protocol;

namespace Hexagram.Checking.Tests;

/// <summary>A history written by hand, one event per second: alice's phone writes to bob, who has a phone.</summary>
internal sealed class Script
{
    public static readonly Party Alice = new(new UserId("alice"), new DeviceId("phone"));
    public static readonly Party Bob = new(new UserId("bob"), new DeviceId("phone"));
    public static readonly Party BobsTablet = new(new UserId("bob"), new DeviceId("tablet"));

    private TimeSpan _now;

    public Script()
    {
        History.Started(_now, Alice);
        History.Started(_now, Bob);
    }

    public History History { get; } = new();

    public static TrackedMessage Message(long ordinal) => new(Alice, Bob.User, ordinal);

    public Script Calling(long ordinal) => Then(at => History.Calling(at, Message(ordinal)));

    public Script Sent(long ordinal) => Calling(ordinal).Then(at => History.Sent(at, Message(ordinal)));

    public Script Kept(long ordinal) => Then(at => History.Kept(at, Message(ordinal)));

    public Script Told(long ordinal, MessageState state) => Then(at => History.Told(at, Message(ordinal), state));

    public Script Handled(long ordinal, Party? by = null, bool marked = false) => Then(at => History.Handled(at, by ?? Bob, Message(ordinal), marked));

    /// <summary>A device starts, or starts again.</summary>
    public Script With(Party party) => Then(at => History.Started(at, party));

    public Script Burn(Party party) => Then(at => History.Burnt(at, party));

    public Script Restore() => Then(History.Restored);

    public Script Then(Action<TimeSpan> record)
    {
        _now += TimeSpan.FromSeconds(1);
        record(_now);
        return this;
    }

    public Script Wait(TimeSpan length)
    {
        _now += length;
        return this;
    }

    public Verdict Judge(TimeSpan? bound = null) => Checker.Judge(History, bound);

    /// <summary>Asserts that exactly this is wrong, and with this message.</summary>
    public void MustBe(Breach breach, long ordinal, TimeSpan? bound = null)
    {
        var finding = Assert.Single(Judge(bound).Findings);
        Assert.Equal((breach, Message(ordinal)), (finding.Breach, finding.Message));
    }

    public void MustBeClean(TimeSpan? bound = null) => Assert.Empty(Judge(bound).Findings);
}
