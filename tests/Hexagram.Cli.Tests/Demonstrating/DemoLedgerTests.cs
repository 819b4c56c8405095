using Hexagram.Cli.Demonstrating;
using Hexagram.Protocol;

namespace Hexagram.Cli.Tests.Demonstrating;

/// <summary>The demonstration counts what really happened, also what must not.</summary>
public sealed class DemoLedgerTests
{
    private static readonly UserId Alice = new("alice");
    private readonly DemoLedger _ledger = new();
    private readonly MessageId[] _ids = [.. Enumerable.Range(0, 3).Select(n => MessageId.New(DateTimeOffset.UnixEpoch.AddSeconds(n)))];

    [Fact]
    public void Everything_once_and_in_order_holds_all()
    {
        SendAll();
        Handle(0, 1, 2);
        Tell(3);

        Assert.True(_ledger.Count().HoldsAll);
    }

    [Fact]
    public void A_message_that_never_came_is_lost()
    {
        SendAll();
        Handle(0, 2);
        Tell(2);

        Assert.Equal(1, _ledger.Count().Lost);
        Assert.False(_ledger.Count().HoldsAll);
    }

    [Fact]
    public void A_message_that_came_again_is_counted_each_time()
    {
        SendAll();
        Handle(0, 1, 1, 2, 1);
        Tell(3);

        Assert.Equal(2, _ledger.Count().Twice);
        Assert.False(_ledger.Count().HoldsAll);
    }

    [Fact]
    public void A_message_after_a_later_one_of_its_sender_is_out_of_order()
    {
        SendAll();
        Handle(0, 2, 1);
        Tell(3);

        Assert.Equal(1, _ledger.Count().Disordered);
        Assert.False(_ledger.Count().HoldsAll);
    }

    [Fact]
    public void A_message_that_nobody_sent_and_one_with_another_text_are_wrong()
    {
        SendAll();
        Handle(0, 1);
        _ledger.Handled(_ids[2], "other");
        _ledger.Handled(MessageId.New(DateTimeOffset.UnixEpoch), "text 0");
        Tell(3);

        Assert.Equal(2, _ledger.Count().Wrong);
        Assert.False(_ledger.Count().HoldsAll);
    }

    [Fact]
    public void A_message_whose_sender_was_not_told_is_not_complete()
    {
        SendAll();
        Handle(0, 1, 2);
        Tell(2);

        Assert.False(_ledger.Count().IsComplete);
    }

    [Fact]
    public void A_message_that_is_handled_before_its_send_returns_counts_as_any_other()
    {
        Handle(0, 1, 2);
        SendAll();
        Tell(3);

        Assert.True(_ledger.Count().HoldsAll);
    }

    [Fact]
    public void Nothing_sent_shows_nothing() => Assert.False(_ledger.Count().HoldsAll);

    private void SendAll()
    {
        for (var n = 0; n < _ids.Length; n++)
        {
            _ledger.Sent(_ids[n], Alice, n + 1, $"text {n}");
        }
    }

    private void Handle(params int[] which)
    {
        foreach (var n in which)
        {
            _ledger.Handled(_ids[n], $"text {n}");
        }
    }

    private void Tell(int times)
    {
        for (var n = 0; n < times; n++)
        {
            _ledger.Delivered();
        }
    }
}
