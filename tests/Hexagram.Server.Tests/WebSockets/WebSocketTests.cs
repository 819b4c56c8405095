using System.Net.WebSockets;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests.WebSockets;

/// <summary>Sessions over WebSocket (PROTOCOL §3.4): as over TCP, with what a WebSocket adds.</summary>
public sealed class WebSocketTests
{
    /// <summary>Every form, by its name.</summary>
    public static TheoryData<string> Forms => [.. MessageForm.All.Select(form => form.Subprotocol)];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_message_and_its_confirmation_complete_all_six_lines(string subprotocol)
    {
        var form = MessageForm.All.Single(one => one.Subprotocol == subprotocol);
        await using var server = await TestServer.StartAsync();
        await using var alice = await OpenAsync(server, server.Hello("alice"), form);
        await using var bob = await OpenAsync(server, server.Hello("bob", window: 256), form);
        var request = server.Message("bob", "你好");

        await alice.SendAsync(request);
        var accepted = await alice.ReceiveAsync<MessageAcknowledge>();
        var notified = await bob.ReceiveAsync<MessageNotify>();
        await bob.SendAsync(new AckRequest(server.Store.Epoch, notified.Sequence));
        await bob.ReceiveAsync<AckAcknowledge>();
        var delivered = await alice.ReceiveAsync<AckNotify>();

        Assert.Equal(request.Id, accepted.Id);
        Assert.Equal(new MessageNotify(new(1), request.Id, new("alice"), accepted.AcceptedAt, "你好", false), notified);
        Assert.Equal([request.Id], delivered.Ids);
    }

    [Fact]
    public async Task The_frameworks_own_client_speaks_with_the_server()
    {
        await using var server = await TestServer.StartAsync();
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol(MessageForm.Binary.Subprotocol);
        using var patience = new CancellationTokenSource(RawClient.Patience);
        await client.ConnectAsync(new Uri($"ws://{server.Http}/v1/ws"), patience.Token);
        var buffer = new byte[2 << 20];

        await client.SendAsync(RawWebSocket.Message(server.Hello("alice")), WebSocketMessageType.Binary, true, patience.Token);
        var welcome = await client.ReceiveAsync(buffer.AsMemory(), patience.Token);
        Assert.IsType<Welcome>(PacketCodec.Read(buffer.AsMemory(0, welcome.Count)).Packet);
        await client.SendAsync(RawWebSocket.Message(server.Message("bob", new string('x', 1 << 20))), WebSocketMessageType.Binary, true, patience.Token);
        var accepted = await client.ReceiveAsync(buffer.AsMemory(), patience.Token);
        Assert.IsType<MessageAcknowledge>(PacketCodec.Read(buffer.AsMemory(0, accepted.Count)).Packet);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);

        Assert.Equal(MessageForm.Binary.Subprotocol, client.SubProtocol);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
        await server.WhenSessionsAsync(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(80)]
    [InlineData(200)]
    [InlineData(16_300)]
    [InlineData(65_500)]
    [InlineData(1 << 20)]
    public async Task A_body_of_any_length_comes_as_it_was_sent(int bodyBytes)
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await OpenAsync(server, server.Hello("bob", window: 256));

        // Lengths around each form of a frame's header, and of a packet's own prefix.
        for (var length = Math.Max(0, bodyBytes - 50); length <= Math.Min(bodyBytes + 50, 1 << 20); length++)
        {
            var request = server.Message("bob", new string('x', length));
            await bob.SendAsync(request);
            var received = new[] { await bob.ReceiveFrameAsync(), await bob.ReceiveFrameAsync() }.Select(frame => PacketCodec.Read(frame!.Value.Payload).Packet).ToList();
            Assert.Single(received.OfType<MessageAcknowledge>());
            var notified = Assert.Single(received.OfType<MessageNotify>());
            Assert.Equal(request.Body, notified.Body);
            await bob.SendAsync(new AckRequest(server.Store.Epoch, notified.Sequence));
            received = [.. new[] { await bob.ReceiveFrameAsync(), await bob.ReceiveFrameAsync() }.Select(frame => PacketCodec.Read(frame!.Value.Payload).Packet)];
            Assert.Single(received.OfType<AckAcknowledge>());
        }
    }

    internal static async Task<RawWebSocket> OpenAsync(TestServer server, Hello hello, MessageForm? form = null)
    {
        var client = await RawWebSocket.OpenAsync(server.Http, form);
        await client.HelloAsync(hello);
        return client;
    }
}
