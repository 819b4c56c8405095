using CsCheck;
using Hexagram.Delivery.Streams;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests;

/// <summary>What the server notifies to one device, and when it reads (PROTOCOL §5, §7).</summary>
public sealed class DeliveryStreamTests
{
    [Fact]
    public void A_live_entry_that_is_next_is_notified_without_a_read()
    {
        var stream = Stream();

        Assert.Equal(StreamDecision.Notify, stream.Arrived(At(1), 10));
        Assert.False(stream.TryBeginRead(out _));
    }

    [Fact]
    public void A_hint_that_comes_out_of_order_is_read_from_the_store()
    {
        var stream = Stream();

        Assert.Equal(StreamDecision.Nothing, stream.Arrived(At(2), 10));
        Assert.True(stream.TryBeginRead(out var read));
        Assert.Equal(At(0), read.After);
        Assert.False(stream.TryBeginRead(out _));

        stream.PageBegins(At(1), At(2));
        Assert.Equal(StreamDecision.Notify, stream.Read(At(1), 10));
        Assert.Equal(StreamDecision.Notify, stream.Read(At(2), 10));
    }

    [Fact]
    public void While_a_read_is_under_way_live_entries_beyond_it_wait_their_turn()
    {
        var stream = Stream(last: 1);
        Assert.True(stream.TryBeginRead(out _));

        Assert.Equal(StreamDecision.Nothing, stream.Arrived(At(2), 10));
        stream.PageBegins(At(1), At(1));
        Assert.Equal(StreamDecision.Notify, stream.Read(At(1), 10));

        Assert.True(stream.TryBeginRead(out var read));
        Assert.Equal(At(1), read.After);
    }

    [Fact]
    public void What_an_earlier_stream_has_brought_is_not_read_again_and_takes_its_room()
    {
        var stream = Stream(last: 5, window: 4);

        stream.Resume(At(3));

        Assert.Equal((At(0), At(3), 3), (stream.Cursor, stream.Sent, stream.Unconfirmed));
        Assert.True(stream.TryBeginRead(out var read));
        Assert.Equal((At(3), 1), (read.After, read.EntriesMax));
        Assert.Equal(StreamDecision.NotifyAgain, stream.Repeated(At(2)));
    }

    [Fact]
    public void What_is_said_to_have_been_brought_is_believed_within_the_window_and_the_mailbox()
    {
        var full = Stream(last: 9, window: 4);
        full.Resume(At(8));
        Assert.Equal((At(4), false), (full.Sent, full.TryBeginRead(out _)));
        full.Confirmed(At(2));
        Assert.True(full.TryBeginRead(out _));

        var beyond = Stream(last: 2, window: 4);
        beyond.Resume(At(8));
        Assert.Equal(At(2), beyond.Sent);
    }

    [Fact]
    public void A_live_entry_that_overtakes_its_page_is_notified_once()
    {
        var stream = Stream(last: 1);
        Assert.True(stream.TryBeginRead(out _));

        Assert.Equal(StreamDecision.Notify, stream.Arrived(At(1), 10));
        stream.PageBegins(At(1), At(1));

        Assert.Equal(StreamDecision.Nothing, stream.Read(At(1), 10));
    }

    [Fact]
    public void No_more_than_the_window_is_unconfirmed()
    {
        var stream = Stream(window: 2);
        Assert.Equal(StreamDecision.Notify, stream.Arrived(At(1), 0));
        Assert.Equal(StreamDecision.Notify, stream.Arrived(At(2), 0));
        Assert.Equal(StreamDecision.Nothing, stream.Arrived(At(3), 0));
        Assert.False(stream.TryBeginRead(out _));

        stream.Confirmed(At(1));

        Assert.True(stream.TryBeginRead(out var read));
        Assert.Equal(new StreamRead(At(2), 1, 1_000), read);
    }

    [Fact]
    public void No_more_bytes_than_the_window_are_unconfirmed_but_one_entry_always_fits()
    {
        var stream = Stream(windowBytes: 100);
        Assert.Equal(StreamDecision.Notify, stream.Arrived(At(1), 5_000));
        Assert.Equal(StreamDecision.Nothing, stream.Arrived(At(2), 1));

        stream.Confirmed(At(1));
        Assert.True(stream.TryBeginRead(out _));
        stream.PageBegins(At(1), At(3));
        Assert.Equal(StreamDecision.Notify, stream.Read(At(2), 60));
        Assert.Equal(StreamDecision.Nothing, stream.Read(At(3), 60));
    }

    [Fact]
    public void What_no_longer_fits_and_all_behind_it_comes_with_the_next_page()
    {
        var stream = Stream(windowBytes: 100, last: 3);
        stream.TryBeginRead(out _);
        stream.PageBegins(At(1), At(3));
        Assert.Equal(StreamDecision.Notify, stream.Read(At(1), 60));
        Assert.Equal(StreamDecision.Nothing, stream.Read(At(2), 60));
        Assert.Equal(StreamDecision.Nothing, stream.Read(At(3), 1));

        stream.Confirmed(At(1));
        Assert.True(stream.TryBeginRead(out var read));
        Assert.Equal(At(1), read.After);
    }

    [Fact]
    public void What_does_not_fit_is_not_read_again_before_it_fits()
    {
        var stream = Stream(windowBytes: 100, last: 3);
        stream.TryBeginRead(out _);
        stream.PageBegins(At(1), At(3));
        stream.Read(At(1), 30);
        stream.Read(At(2), 30);
        Assert.Equal(StreamDecision.Nothing, stream.Read(At(3), 60));
        Assert.False(stream.TryBeginRead(out _));

        stream.Confirmed(At(1));

        Assert.True(stream.TryBeginRead(out _));
    }

    [Fact]
    public void A_repeated_entry_is_notified_again_only_while_it_is_unconfirmed()
    {
        var stream = Stream();
        Assert.Equal(StreamDecision.Nothing, stream.Repeated(At(1)));
        stream.TryBeginRead(out _);
        stream.PageBegins(At(1), At(1));
        stream.Read(At(1), 10);

        Assert.Equal(StreamDecision.NotifyAgain, stream.Repeated(At(1)));
        stream.Confirmed(At(1));
        Assert.Equal(StreamDecision.Nothing, stream.Repeated(At(1)));
    }

    [Fact]
    public void The_comparison_with_the_store_makes_good_a_lost_hint()
    {
        var stream = Stream();
        Assert.False(stream.TryBeginRead(out _));

        stream.Compared(At(4));

        Assert.True(stream.TryBeginRead(out var read));
        Assert.Equal(At(0), read.After);
    }

    [Fact]
    public void A_device_may_confirm_what_an_earlier_connection_brought()
    {
        var stream = Stream(last: 10);

        stream.Confirmed(At(5));

        Assert.True(stream.TryBeginRead(out var read));
        Assert.Equal(At(5), read.After);
    }

    [Fact]
    public void A_page_that_was_overtaken_by_a_confirmation_is_not_notified_twice()
    {
        var stream = Stream(last: 3);
        stream.TryBeginRead(out _);
        stream.Confirmed(At(2));
        stream.PageBegins(At(1), At(3));

        Assert.Equal(StreamDecision.Nothing, stream.Read(At(1), 0));
        Assert.Equal(StreamDecision.Nothing, stream.Read(At(2), 0));
        Assert.Equal(StreamDecision.Notify, stream.Read(At(3), 0));
    }

    [Fact]
    public void Entries_that_have_gone_need_a_new_welcome()
    {
        var stream = Stream(last: 9);
        stream.TryBeginRead(out _);

        Assert.Equal(StreamDecision.Resynchronize, stream.PageBegins(At(5), At(9)));
    }

    [Fact]
    public void Any_mix_of_hints_reads_and_confirmations_notifies_each_entry_once_in_order_within_the_window() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 50], Gen.Int[0, 4].Array[1, 200], Gen.Int[1, 30]).Sample((window, windowBytes, steps, size) =>
        {
            var stream = new DeliveryStream(Sequence.None, Sequence.None, window, windowBytes);
            var notified = new List<long>();
            var stored = 0L;
            StreamRead? reading = null;
            void Take(Sequence sequence, StreamDecision decision)
            {
                if (decision == StreamDecision.Notify)
                {
                    notified.Add(sequence.Value);
                }
            }

            foreach (var step in steps.Concat(Enumerable.Repeat(3, 400)).Concat(Enumerable.Repeat(4, 2)))
            {
                switch (step)
                {
                    case 0:
                        Take(At(stored + 1), stream.Arrived(At(++stored), size));
                        break;
                    case 1:
                        stored++; // Its hint is lost.
                        break;
                    case 2:
                        stream.Compared(At(stored));
                        break;
                    default:
                        stream.Confirmed(At(notified.Count == 0 ? 0 : notified[(notified.Count - 1) * step / 4]));
                        stream.Compared(At(stored));
                        break;
                }

                if (reading is { } read)
                {
                    reading = null;
                    stream.PageBegins(At(1), At(stored));
                    for (var n = read.After.Value + 1; n <= Math.Min(stored, read.After.Value + read.EntriesMax); n++)
                    {
                        Take(At(n), stream.Read(At(n), size));
                    }
                }

                if (stream.TryBeginRead(out var next))
                {
                    reading = next;
                }

                Assert.True(stream.Unconfirmed <= window);
                Assert.True(stream.Unconfirmed <= 1 || stream.Unconfirmed * size <= windowBytes);
                Assert.Equal(Enumerable.Range(1, notified.Count).Select(n => (long)n), notified);
            }
        });

    private static DeliveryStream Stream(int window = 100, int windowBytes = 1_000, long last = 0) =>
        new(Sequence.None, At(last), window, windowBytes);

    private static Sequence At(long value) => new(value);
}
