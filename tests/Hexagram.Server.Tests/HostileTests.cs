using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests;

/// <summary>Bytes that no valid client sends (PROTOCOL §3). Each gets its Goodbye, and nobody else notices.</summary>
public sealed class HostileTests
{
    public static TheoryData<string, ErrorCode> Garbage => new()
    {
        { "ffffffffffff", ErrorCode.ProtocolViolation },
        { "ffffffff7f", ErrorCode.PacketTooLarge },
        { "00", ErrorCode.PacketUnknown },
        { "03ffffff", ErrorCode.ProtocolViolation },
        { "027a00", ErrorCode.PacketUnknown },
        { "474554202f20485454502f312e310d0a0d0a", ErrorCode.ProtocolViolation },
        { "16030100", ErrorCode.ProtocolViolation },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_after_Welcome_gets_its_Goodbye(string hex, ErrorCode code)
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ReceiverAsync("bob");
        await using var client = await server.SenderAsync("alice");

        // Enough behind it that a length in the garbage is satisfied.
        await client.SendBytesAsync(Convert.FromHexString(hex).Concat(new byte[64]).ToArray());

        await client.ReceiveGoodbyeAsync(code);
        Assert.Empty(await bystander.SettleAsync());
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_before_Hello_gets_its_Goodbye(string hex, ErrorCode code)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();

        await client.SendBytesAsync(Convert.FromHexString(hex).Concat(new byte[64]).ToArray());

        await client.ReceiveGoodbyeAsync(code);
    }

    [Fact]
    public async Task A_first_packet_over_16_KiB_is_too_large_and_a_later_one_is_not()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync(server.Message("bob", new string('x', ProtocolLimits.HelloBytesMax)));
        await client.ReceiveGoodbyeAsync(ErrorCode.PacketTooLarge);

        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", new string('x', ProtocolLimits.HelloBytesMax)));
    }

    [Fact]
    public async Task A_length_over_the_limit_ends_the_connection_before_anything_is_buffered()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");

        // Only the length; the rest never comes.
        var length = (uint)(ProtocolLimits.BodyBytesMaxDefault + ProtocolLimits.PacketOverheadBytes + 1);
        await alice.SendBytesAsync(new byte[] { (byte)(length | 0x80), (byte)((length >> 7) | 0x80), (byte)((length >> 14) | 0x80), (byte)(length >> 21) });

        await alice.ReceiveGoodbyeAsync(ErrorCode.PacketTooLarge);
    }

    [Fact]
    public async Task A_packet_byte_by_byte_is_taken_as_if_it_came_at_once()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        Protocol.Codec.PacketCodec.Write(server.Message("bob", "slowly"), buffer);

        foreach (var one in buffer.WrittenMemory.ToArray())
        {
            await alice.SendBytesAsync(new[] { one });
        }

        await alice.ReceiveAsync<MessageAcknowledge>();
    }

    [Fact]
    public async Task A_thousand_broken_connections_leave_nothing_behind()
    {
        await using var server = await TestServer.StartAsync();
        var random = new Random(7);
        foreach (var batch in Enumerable.Range(0, 1_000).Chunk(50))
        {
            await Task.WhenAll(batch.Select(async n =>
            {
                var client = await server.ConnectAsync();
                var noise = new byte[random.Next(1, 200)];
                lock (random)
                {
                    random.NextBytes(noise);
                }

                // The first half cut off in the middle of a Hello, the others noise.
                await client.SendBytesAsync(n % 2 == 0 ? new byte[] { 200, 1, 0x3a } : noise);
                client.Reset();
            }));
        }

        await server.WhenSessionsAsync(0);
        await using var alice = await server.SenderAsync("alice");
        Assert.Empty(await alice.SettleAsync());
    }
}
