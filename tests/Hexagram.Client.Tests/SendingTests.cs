using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>What a sender sees of its messages, and what the server sees of the sender.</summary>
public sealed class SendingTests : ClientFixture
{
    [Fact]
    public async Task A_message_is_accepted_and_then_delivered()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", "你好").Within();
        Assert.Equal(SentState.Waiting, sent.State);

        var request = await server.ReadAsync<MessageRequest>();
        Assert.Equal((sent.Id, Bob, "你好"), (request.Id, request.To, request.Body.Text));

        await server.SendAsync(Accept(request));
        await sent.Accepted.Within();
        Assert.Equal(SentState.Accepted, sent.State);
        Assert.False(sent.Delivered.IsCompleted);

        await server.SendAsync(Report(MessageState.Delivered, request));
        await sent.Delivered.Within();
        Assert.Equal(SentState.Delivered, sent.State);
        Assert.Empty(client.ListOutbox());
    }
}
