using Hexagram.Chaos.Proxy;

namespace Hexagram.Chaos.Tests.Proxy;

public sealed class PacketScannerTests
{
    private readonly PacketScanner _scanner = new();

    [Theory]
    [MemberData(nameof(Samples.Kinds), MemberType = typeof(Samples))]
    public void The_kind_of_a_packet_is_the_number_of_its_field(PacketKind kind)
    {
        var bytes = Samples.Bytes(kind);
        Assert.Equal(bytes.Length, _scanner.Next(bytes, out var begins));
        Assert.Equal(kind, begins);
    }

    [Theory]
    [MemberData(nameof(Samples.Kinds), MemberType = typeof(Samples))]
    public void A_packet_that_comes_byte_by_byte_waits_only_for_its_head(PacketKind kind)
    {
        var bytes = Samples.Bytes(kind);
        var head = bytes[0] >= 0x80 ? 3 : 2;
        for (var length = 1; length < head; length++)
        {
            Assert.Equal(0, _scanner.Next(bytes.AsSpan(0, length), out _));
        }

        Assert.Equal(head, _scanner.Next(bytes.AsSpan(0, head), out var begins));
        Assert.Equal(kind, begins);
        foreach (var one in bytes[head..])
        {
            Assert.Equal(1, _scanner.Next([one], out begins));
            Assert.Null(begins);
        }

        Assert.Equal(bytes.Length, _scanner.Next(bytes, out begins));
        Assert.Equal(kind, begins);
    }

    [Fact]
    public void A_packet_ends_where_the_next_begins()
    {
        var bytes = Samples.Bytes(PacketKind.Ping, PacketKind.MessageNotify);
        var first = _scanner.Next(bytes, out var begins);
        Assert.Equal(PacketKind.Ping, begins);
        Assert.Equal(bytes.Length - first, _scanner.Next(bytes.AsSpan(first), out begins));
        Assert.Equal(PacketKind.MessageNotify, begins);
    }

    [Fact]
    public void The_longest_length_is_read()
    {
        byte[] head = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F];
        Assert.Equal(0, _scanner.Next(head, out _));
        Assert.Equal(6, _scanner.Next([.. head, 0x0A], out var begins));
        Assert.Equal(PacketKind.MessageRequest, begins);
    }

    [Fact]
    public void An_empty_packet_and_an_unknown_field_are_packets_of_no_known_kind()
    {
        Assert.Equal(1, _scanner.Next([0x00, 0x01], out var begins));
        Assert.Equal(PacketKind.Unknown, begins);
        Assert.Equal(2, _scanner.Next([0x01, 0x7A], out begins));
        Assert.Equal(PacketKind.Unknown, begins);
    }

    [Fact]
    public void A_stream_that_breaks_the_framing_passes_unwatched()
    {
        Assert.Equal(0, _scanner.Next([0xFF, 0xFF, 0xFF, 0xFF], out _));
        Assert.Equal(6, _scanner.Next([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00], out var begins));
        Assert.Null(begins);
        var bytes = Samples.Bytes(PacketKind.Ping, PacketKind.Ping);
        Assert.Equal(bytes.Length, _scanner.Next(bytes, out begins));
        Assert.Null(begins);
    }
}
