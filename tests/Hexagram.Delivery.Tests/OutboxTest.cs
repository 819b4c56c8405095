using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests;

/// <summary>An outbox, a clock that the test moves by hand, and the words that the tests of the outbox share.</summary>
public abstract class OutboxTest
{
    private protected static readonly UserId Bob = new("bob");
    private protected static readonly UserId Carol = new("carol");

    private long _number;
    private long _ids;

    private protected Outbox Outbox { get; } = new(new OutboxOptions(), new Random(1));

    private protected TimeSpan Now { get; set; }

    private protected long NextNumber() => ++_number;

    private protected OutboxEntry Add(UserId to, bool transmitted = false)
    {
        var entry = new OutboxEntry(NextNumber(), Id(), to, MessageState.Waiting, transmitted);
        Outbox.Add(entry, Now);
        return entry;
    }

    private protected OutboxEntry Accepted(UserId to)
    {
        var entry = Add(to, transmitted: true);
        Connect();
        Outbox.Acknowledged(entry.Id, Now);
        Effects();
        return entry;
    }

    private protected MessageId Id() => MessageId.New(DateTimeOffset.UnixEpoch.AddYears(50), 1, (ulong)++_ids << 8);

    private protected void Connect(int inFlightMax = 100) => Outbox.Connected(inFlightMax, Now);

    private protected void Pass(TimeSpan time)
    {
        Now += time;
        Outbox.Advance(Now);
    }

    /// <summary>Goes from deadline to deadline until the message is sent again.</summary>
    /// <returns>How long that took; never longer than the cap.</returns>
    private protected TimeSpan PassUntilTransmitted(OutboxEntry message)
    {
        var since = Now;
        List<OutboxEntry> transmitted = [];
        while (transmitted.Count == 0)
        {
            Pass(Assert.NotNull(Outbox.NextDeadline) - Now);
            transmitted = Transmitted();
            Assert.InRange(Now - since, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        }

        Assert.Equal([message], transmitted);
        return Now - since;
    }

    private protected static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private protected List<OutboxEffect> Effects()
    {
        var effects = new List<OutboxEffect>();
        while (Outbox.TryTakeEffect(out var effect))
        {
            effects.Add(effect);
        }

        return effects;
    }

    private protected List<OutboxEntry> Transmitted() => [.. Effects().OfType<OutboxEffect.Transmit>().Select(t => t.Entry)];
}
