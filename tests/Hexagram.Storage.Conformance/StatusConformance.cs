using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Where messages stand. Implementations inherit these tests.</summary>
public abstract class StatusConformance(IStorePlace place) : StoreTest(place)
{
    [Fact]
    public async Task Statuses_come_in_the_order_asked_and_tell_unknown_accepted_and_delivered_apart()
    {
        var items = await AppendManyAsync(2);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);
        var unknown = Message();

        Assert.Equal(
            [IsUnknown(unknown), IsAccepted(items[1]), IsDelivered(items[0]), IsAccepted(items[1])],
            await StatusAsync(unknown, items[1], items[0], items[1]));
    }

    [Fact]
    public async Task Nobody_learns_of_another_senders_messages()
    {
        var message = Message(from: Carol);
        await AppendAsync(message);

        Assert.Equal([IsUnknown(message)], await StatusAsync(message));
    }

    [Fact]
    public async Task Message_in_another_mailbox_is_unknown_here()
    {
        var message = Message(to: Carol);
        await AppendAsync(message);

        Assert.Equal([IsUnknown(message)], await StatusAsync(message));
    }

    [Fact]
    public async Task Refused_message_is_unknown()
    {
        var message = Message() with { Id = MessageId.New(Clock.GetUtcNow() + TimeSpan.FromHours(1)) };
        await AppendAsync(message);

        Assert.Equal([IsUnknown(message)], await StatusAsync(message));
    }

    [Fact]
    public async Task No_question_gets_no_answer() => Assert.Empty(await StatusAsync());
}
