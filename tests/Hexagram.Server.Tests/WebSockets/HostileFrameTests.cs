using System.Buffers.Binary;
using System.Text;
using Hexagram.Protocol;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests.WebSockets;

/// <summary>Frames that no valid client sends, and valid ones that few do (RFC 6455 §5). Each wrong one gets its Goodbye and its close code, and nobody else notices.</summary>
public sealed class HostileFrameTests
{
    public static TheoryData<string, ErrorCode> Wrong => new()
    {
        // Not masked; reserved bits; reserved opcodes.
        { "8200", ErrorCode.ProtocolViolation },
        { "C28000000000", ErrorCode.ProtocolViolation },
        { "A28000000000", ErrorCode.ProtocolViolation },
        { "928000000000", ErrorCode.ProtocolViolation },
        { "838000000000", ErrorCode.ProtocolViolation },
        { "8B8000000000", ErrorCode.ProtocolViolation },

        // Control frames: in fragments; too long.
        { "098000000000", ErrorCode.ProtocolViolation },
        { "89FE008000000000", ErrorCode.ProtocolViolation },

        // Lengths: not the shortest form; negative; over the limit, of which nothing is awaited.
        { "82FE000500000000", ErrorCode.ProtocolViolation },
        { "82FF000000000000FFFF00000000", ErrorCode.ProtocolViolation },
        { "82FF800000000000000000000000", ErrorCode.ProtocolViolation },
        { "82FF000000001000000000000000", ErrorCode.PacketTooLarge },

        // A continuation of nothing; text where binary is spoken; a message that holds no packet.
        { "808000000000", ErrorCode.ProtocolViolation },
        { "818000000000", ErrorCode.ProtocolViolation },
        { "828000000000", ErrorCode.PacketUnknown },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_frame_gets_its_Goodbye_and_its_close_code(string hex, ErrorCode code)
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ReceiverAsync("bob");
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"));

        await client.SendBytesAsync(Convert.FromHexString(hex));

        var goodbye = await client.ReceiveAsync<Goodbye>();
        Assert.Equal(code, goodbye.Code);
        var (kind, payload) = Assert.NotNull(await client.ReceiveFrameAsync());
        Assert.Equal(FrameKind.Close, kind);
        Assert.Equal(4003, BinaryPrimitives.ReadUInt16BigEndian(payload));
        client.FinishSending();
        Assert.Null(await client.ReceiveFrameAsync());
        Assert.Empty(await bystander.SettleAsync());
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Before_Hello_as_well(string hex, ErrorCode code)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.OpenAsync(server.Http);

        await client.SendBytesAsync(Convert.FromHexString(hex));

        Assert.Equal(code, (await client.ReceiveAsync<Goodbye>()).Code);
    }

    [Fact]
    public async Task A_message_in_fragments_with_control_frames_between_them_is_one_packet()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"));
        var message = RawWebSocket.Message(server.Message("bob", new string('x', 500)));

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Binary, message.AsSpan(0, 10), final: false));
        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Ping, "are you there?"u8));
        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Continuation, [], final: false));
        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Pong, "nobody asked"u8));
        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Continuation, message.AsSpan(10)));

        var (kind, payload) = Assert.NotNull(await client.ReceiveFrameAsync());
        Assert.Equal((FrameKind.Pong, "are you there?"), (kind, Encoding.ASCII.GetString(payload)));
        await client.ReceiveAsync<MessageAcknowledge>();
    }

    [Fact]
    public async Task A_frame_byte_by_byte_is_taken_as_if_it_came_at_once()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"));

        foreach (var one in RawWebSocket.Frame(FrameKind.Binary, RawWebSocket.Message(server.Message("bob", new string('x', 200)))))
        {
            await client.SendBytesAsync(new[] { one });
        }

        await client.ReceiveAsync<MessageAcknowledge>();
    }

    [Fact]
    public async Task Fragments_that_together_are_longer_than_the_limit_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.OpenAsync(server.Http);

        for (var sent = 0; sent <= ProtocolLimits.HelloBytesMax; sent += 1_000)
        {
            await client.SendBytesAsync(RawWebSocket.Frame(sent == 0 ? FrameKind.Binary : FrameKind.Continuation, new byte[1_000], final: false));
        }

        await client.ReceiveGoodbyeAsync(ErrorCode.PacketTooLarge);
    }

    [Fact]
    public async Task Fragments_without_end_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"));

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Binary, [], final: false));
        await client.SendBytesAsync(Enumerable.Repeat(RawWebSocket.Frame(FrameKind.Continuation, [], final: false), 1_024).SelectMany(frame => frame).ToArray());

        await client.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
    }

    [Fact]
    public async Task A_new_message_before_the_last_one_is_over_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"));

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Binary, [1], final: false));
        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Binary, [2]));

        await client.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
    }

    [Theory]
    [InlineData("7B226B696E64223A2270696E67FF227D")]
    [InlineData("C0AF")]
    [InlineData("EDA080")]
    public async Task Text_that_is_not_UTF8_is_refused(string hex)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"), MessageForm.Json);

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Text, Convert.FromHexString(hex)));

        await client.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
    }

    [Fact]
    public async Task A_body_that_is_not_UTF8_is_refused_in_the_message_that_every_client_sends()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"), MessageForm.Json);
        var message = RawWebSocket.Message(server.Message("bob", "hello"), MessageForm.Json);
        message[message.AsSpan().IndexOf("hello"u8)] = 0xFF;

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Text, message));

        await client.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
        Assert.Equal(0, server.Store.Appends);
    }

    [Fact]
    public async Task A_Pong_frame_before_Hello_is_passed_over()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.OpenAsync(server.Http);

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Pong, "nobody asked"u8));

        await client.HelloAsync(server.Hello("alice"));
    }

    [Fact]
    public async Task A_text_cut_between_the_bytes_of_a_character_is_whole_when_its_fragments_are()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"), MessageForm.Json);
        var message = RawWebSocket.Message(server.Message("bob", "你好"), MessageForm.Json);
        var cut = message.AsSpan().IndexOf("你"u8) + 1;

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Text, message.AsSpan(0, cut), final: false));
        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Continuation, message.AsSpan(cut)));

        await client.ReceiveAsync<MessageAcknowledge>();
    }

    [Fact]
    public async Task A_Ping_frame_before_Hello_is_answered_with_Welcome()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.OpenAsync(server.Http);

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Ping, "early"u8));
        await client.SendAsync(server.Hello("alice"));

        Assert.Equal(FrameKind.Pong, (await client.ReceiveFrameAsync())?.Kind);
        await client.ReceiveAsync<Welcome>();
    }

    [Theory]
    [InlineData("")]
    [InlineData("03E8")]
    [InlineData("03E862796521")]
    [InlineData("00")]
    public async Task Whatever_a_Close_says_it_is_answered_and_the_session_ends(string hex)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"));

        await client.SendBytesAsync(RawWebSocket.Frame(FrameKind.Close, Convert.FromHexString(hex)));

        var (kind, payload) = Assert.NotNull(await client.ReceiveFrameAsync());
        Assert.Equal((FrameKind.Close, 1000), (kind, BinaryPrimitives.ReadUInt16BigEndian(payload)));
        Assert.Null(await client.ReceiveFrameAsync());
        await server.WhenSessionsAsync(0);
    }

    [Fact]
    public async Task A_stopping_server_says_Goodbye_and_closes_with_the_code_of_its_range()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await WebSocketTests.OpenAsync(server, server.Hello("alice"));

        var stopping = server.StopAsync();

        await client.ReceiveGoodbyeAsync(ErrorCode.Restarting);
        await stopping;
    }

    [Fact]
    public async Task A_superseded_session_is_told_to_give_up()
    {
        await using var server = await TestServer.StartAsync();
        await using var older = await WebSocketTests.OpenAsync(server, server.Hello("alice", window: 1));
        await using var newer = await WebSocketTests.OpenAsync(server, server.Hello("alice", window: 1));

        await older.ReceiveGoodbyeAsync(ErrorCode.Superseded);
    }
}
