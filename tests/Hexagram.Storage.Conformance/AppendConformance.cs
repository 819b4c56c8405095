using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Appending: numbering, de-duplication, and what a refused item says. Implementations inherit these tests.</summary>
public abstract class AppendConformance(IStorePlace place) : StoreTest(place)
{
    [Fact]
    public async Task First_entry_of_a_mailbox_is_number_one_and_the_next_follow_without_gap()
    {
        Assert.Equal(1, (await AppendAsync(Message())).Sequence.Value);
        Assert.Equal(2, (await AppendAsync(Message(from: Carol))).Sequence.Value);
        Assert.Equal(3, (await AppendAsync(Message())).Sequence.Value);
        Assert.Equal(1, (await AppendAsync(Message(to: Carol))).Sequence.Value);
    }

    [Fact]
    public async Task New_entry_is_told_with_its_number_and_the_servers_time_in_whole_milliseconds()
    {
        Clock.Advance(TimeSpan.FromTicks(12_345));
        var result = await AppendAsync(Message());

        Assert.Equal(
            new AppendResult(AppendOutcome.New, ErrorCode.None, new Sequence(1), new DateTimeOffset(2026, 3, 1, 12, 0, 0, 1, TimeSpan.Zero), false),
            result);
    }

    [Fact]
    public async Task Accepted_entry_can_be_read_as_it_was_sent()
    {
        var text = Message("你好, 世界");
        var bytes = text with { Id = MessageId.New(Clock.GetUtcNow()), From = Carol, Body = Body.FromBytes(new byte[] { 0, 255, 7 }, "image/png") };
        var empty = text with { Id = MessageId.New(Clock.GetUtcNow()), Body = "" };
        foreach (var item in new[] { text, bytes, empty })
        {
            await AppendAsync(item);
        }

        var page = await ReadAllAsync();

        Assert.Equal(
            [
                new Entry(new Sequence(1), text.Id, Alice, Clock.GetUtcNow(), text.Body),
                new Entry(new Sequence(2), bytes.Id, Carol, Clock.GetUtcNow(), bytes.Body),
                new Entry(new Sequence(3), empty.Id, Alice, Clock.GetUtcNow(), empty.Body),
            ],
            page.Entries);
    }

    [Fact]
    public async Task Resent_message_is_a_duplicate_with_the_number_and_time_of_the_first()
    {
        var message = Message();
        var first = await AppendAsync(message);
        await AppendAsync(Message());
        Clock.Advance(TimeSpan.FromMinutes(7));

        Assert.Equal(first with { Outcome = AppendOutcome.Duplicate }, await AppendAsync(message));
        Assert.Equal(2, (await PositionAsync()).Last.Value);
    }

    [Fact]
    public async Task Resent_message_is_a_duplicate_after_a_restart()
    {
        var message = Message();
        var first = await AppendAsync(message);
        await ReopenAsync();

        Assert.Equal(first with { Outcome = AppendOutcome.Duplicate }, await AppendAsync(message));
    }

    [Fact]
    public async Task Same_message_twice_in_one_commit_stands_once()
    {
        var message = Message();
        var other = Message();

        var results = await AppendTogetherAsync(message, other, message);

        Assert.Equal([AppendOutcome.New, AppendOutcome.New, AppendOutcome.Duplicate], results.Select(result => result.Outcome));
        Assert.Equal([1L, 2L, 1L], results.Select(result => result.Sequence.Value));
        Assert.Equal(2, (await ReadAllAsync()).Entries.Count);
    }

    [Fact]
    public async Task Same_id_with_another_body_is_a_conflict_and_changes_nothing()
    {
        var message = Message("one");
        await AppendAsync(message);

        Assert.Equal(AppendResult.Refused(ErrorCode.Conflict), await AppendAsync(message with { Body = "two" }));
        Assert.Equal(AppendResult.Refused(ErrorCode.Conflict), await AppendAsync(message with { Body = Body.FromBytes(message.Body.Content, "text/plain") }));
        Assert.Equal(AppendOutcome.Duplicate, (await AppendAsync(message)).Outcome);
        Assert.Equal(message.Body, Assert.Single((await ReadAllAsync()).Entries).Body);
    }

    [Fact]
    public async Task Conflict_within_one_commit_concerns_its_item_alone()
    {
        var message = Message("one");

        var results = await AppendTogetherAsync(message, message with { Body = "two" }, Message());

        Assert.Equal([AppendOutcome.New, AppendOutcome.Refused, AppendOutcome.New], results.Select(result => result.Outcome));
        Assert.Equal(ErrorCode.Conflict, results[1].Code);
        Assert.Equal(2, results[2].Sequence.Value);
    }

    [Fact]
    public async Task Same_id_of_another_sender_or_in_another_mailbox_is_another_message()
    {
        var message = Message();
        await AppendAsync(message);

        Assert.Equal(AppendOutcome.New, (await AppendAsync(message with { From = Carol, Body = "another" })).Outcome);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(message with { To = Carol, Body = "another" })).Outcome);
    }

    [Fact]
    public async Task Mailboxes_whose_names_begin_alike_stay_apart()
    {
        UserId[] users = [new("a"), new("ab"), new("a.b"), new("aé"), new("b")];
        foreach (var to in users)
        {
            for (var n = 0; n < 3; n++)
            {
                await AppendAsync(Message($"to {to}", to: to));
            }
        }

        foreach (var user in users)
        {
            var entries = (await ReadAllAsync(user)).Entries;
            Assert.Equal([1L, 2L, 3L], entries.Select(entry => entry.Sequence.Value));
            Assert.All(entries, entry => Assert.Equal($"to {user}", entry.Body.Text));
        }
    }

    [Fact]
    public async Task Callers_mistake_is_told_to_the_caller_and_stops_nothing()
    {
        var good = Message();
        AppendItem[] bad =
        [
            good with { To = default },
            good with { From = default },
            good with { Id = default },
            good with { Lane = null! },
            good with { Body = Body.FromBytes(new byte[AppendItem.BodyBytesMax + 1], "application/octet-stream") },
        ];
        foreach (var item in bad)
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAsync(item));
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.ConfirmAsync(default, Phone, Store.Epoch, new Sequence(1)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.ConfirmAsync(Bob, default, Store.Epoch, new Sequence(1)));
        await Assert.ThrowsAsync<ArgumentException>(() => HelloAsync(default, Epoch.None, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ReadAsync(Bob, new Sequence(-1), 1, 1, TestContext.Current.CancellationToken));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ReadAsync(Bob, Sequence.None, 0, 1, TestContext.Current.CancellationToken));

        Assert.Null(Store.Fault);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(good)).Outcome);
    }

    [Fact]
    public async Task Largest_body_is_taken()
    {
        var content = new byte[AppendItem.BodyBytesMax];
        new Random(1).NextBytes(content);
        await AppendAsync(Message() with { Body = Body.FromBytes(content, "application/octet-stream") });
        await ReopenAsync();

        Assert.Equal(content, Assert.Single((await ReadAllAsync()).Entries).Body.Content);
    }
}
