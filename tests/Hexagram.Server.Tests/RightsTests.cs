using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests;

/// <summary>Nobody can send as, read, or confirm for someone else. Mallory tries.</summary>
public sealed class RightsTests
{
    [Fact]
    public async Task What_mallory_sends_is_from_mallory_whatever_the_bytes_say()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");
        await using var mallory = await server.SenderAsync("mallory");

        // A msg:R has no field for a sender; one is smuggled in as field 5, where msg:N has its body, and as field 9.
        var id = server.NewId();
        byte[] fields = [0x0a, 16, .. id.ToBytes(), 0x12, 3, .. "bob"u8, 0x1a, 2, .. "hi"u8, 0x4a, 5, .. "alice"u8];
        await mallory.SendBytesAsync(new byte[] { (byte)(fields.Length + 2), 0x0a, (byte)fields.Length }.Concat(fields).ToArray());

        await mallory.ReceiveAsync<MessageAcknowledge>();
        Assert.Equal(new UserId("mallory"), (await bob.ReceiveAsync<MessageNotify>()).From);
    }

    [Fact]
    public async Task Mallory_cannot_notify_bob_directly()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");
        await using var mallory = await server.SenderAsync("mallory");

        await mallory.SendAsync(new MessageNotify(new(1), server.NewId(), new("alice"), server.Time.GetUtcNow(), "forged", false));

        await mallory.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
        Assert.Empty(await bob.SettleAsync());
    }

    [Fact]
    public async Task Mallory_gets_only_her_own_mailbox_also_with_bobs_device_name()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob", device: "phone");
        await using var mallory = await server.ReceiverAsync("mallory", device: "phone");

        await TestServer.AcceptAsync(alice, server.Message("bob", "for bob alone"));

        await bob.ReceiveAsync<MessageNotify>();
        Assert.Empty(await mallory.SettleAsync());
    }

    [Fact]
    public async Task Mallory_cannot_confirm_for_bob()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob", device: "phone");
        await using var mallory = await server.ReceiverAsync("mallory", device: "phone");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await bob.ReceiveAsync<MessageNotify>();

        await mallory.SendAsync(new AckRequest(server.Store.Epoch, new(1)));

        Assert.Equal(Sequence.None, (await mallory.ReceiveAsync<AckAcknowledge>()).UpTo);
        Assert.Empty(await alice.SettleAsync());
        Assert.Equal(Sequence.None, Assert.Single(await server.Store.DevicesAsync(new("bob"), CancellationToken.None)).Cursor);
    }

    [Fact]
    public async Task One_device_cannot_confirm_for_another_of_the_same_user()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var phone = await server.ReceiverAsync("bob", device: "phone");
        await using var laptop = await server.ReceiverAsync("bob", device: "laptop");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await phone.ReceiveAsync<MessageNotify>();
        await laptop.ReceiveAsync<MessageNotify>();

        await server.ConfirmAsync(phone, 1);

        var devices = await server.Store.DevicesAsync(new("bob"), CancellationToken.None);
        Assert.Equal(Sequence.None, devices.Single(device => device.Device == new DeviceId("laptop")).Cursor);
    }

    [Fact]
    public async Task Mallory_cannot_ask_about_alices_messages_or_take_her_ids()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var mallory = await server.SenderAsync("mallory");
        var request = server.Message("bob", "hello");
        await TestServer.AcceptAsync(alice, request);
        await alice.ReceiveAsync<AckNotify>();

        await mallory.SendAsync(new StatusRequest(new("bob"), [request.Id]));
        var status = await mallory.ReceiveAsync<StatusAcknowledge>();
        await TestServer.AcceptAsync(mallory, request with { Body = "another" });
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello again"));

        Assert.Equal(MessageState.Waiting, Assert.Single(status.Statuses).State);
        Assert.Equal(new Sequence(3), (await server.Store.PositionsAsync([new("bob")], CancellationToken.None))[0].Last);
    }

    [Fact]
    public async Task Mallory_cannot_end_bobs_session()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob", device: "phone");
        await using var mallory = await server.OpenAsync(server.Hello("mallory", window: 5, device: "phone") with { Connection = new(9_000) });

        Assert.Empty(await bob.SettleAsync());
    }

    [Fact]
    public async Task Only_the_sender_hears_what_became_of_a_message()
    {
        await using var server = await TestServer.StartAsync();
        await using var mallory = await server.ReceiverAsync("mallory");
        await using var alice = await server.SenderAsync("alice");
        await using var alicesTablet = await server.SenderAsync("alice", device: "tablet");
        await using var bob = await server.ReceiverAsync("bob");

        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await bob.ReceiveAsync<MessageNotify>();
        await server.ConfirmAsync(bob, 1);

        Assert.Equal(MessageState.Delivered, (await alice.ReceiveAsync<AckNotify>()).State);
        Assert.Equal(MessageState.Delivered, (await alicesTablet.ReceiveAsync<AckNotify>()).State);
        Assert.Empty(await mallory.SettleAsync());
        Assert.Empty(await bob.SettleAsync());
    }
}
