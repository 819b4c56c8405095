using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests;

/// <summary>One message, from msg:R to ack:N, over real sockets with the data on disk.</summary>
public sealed class SixLinesTests
{
    [Fact]
    public async Task A_message_and_its_confirmation_complete_all_six_lines()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "你好");

        await alice.SendAsync(request);
        var accepted = await alice.ReceiveAsync<MessageAcknowledge>();
        var notified = await bob.ReceiveAsync<MessageNotify>();
        await bob.SendAsync(new AckRequest(server.Store.Epoch, notified.Sequence));
        var noted = await bob.ReceiveAsync<AckAcknowledge>();
        var delivered = await alice.ReceiveAsync<AckNotify>();

        Assert.Equal(new MessageAcknowledge(request.Id, server.Time.GetUtcNow()), accepted);
        Assert.Equal(new MessageNotify(new(1), request.Id, new("alice"), accepted.AcceptedAt, "你好", false), notified);
        Assert.Equal(new AckAcknowledge(server.Store.Epoch, new(1)), noted);
        Assert.Equal((new UserId("bob"), MessageState.Delivered), (delivered.By, delivered.State));
        Assert.Equal([request.Id], delivered.Ids);
    }
}
