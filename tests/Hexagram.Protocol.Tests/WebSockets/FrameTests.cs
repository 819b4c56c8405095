using System.Buffers;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.Protocol.Tests.WebSockets;

/// <summary>The headers of WebSocket frames, and their masks, by the words and the examples of RFC 6455.</summary>
public sealed class FrameTests
{
    [Theory]
    [InlineData("810548656c6c6f", FrameKind.Text, true, false, 5, 2)]
    [InlineData("818537fa213d7f9f4d5158", FrameKind.Text, true, true, 5, 6)]
    [InlineData("010348656c", FrameKind.Text, false, false, 3, 2)]
    [InlineData("80026c6f", FrameKind.Continuation, true, false, 2, 2)]
    [InlineData("890548656c6c6f", FrameKind.Ping, true, false, 5, 2)]
    [InlineData("827E0100", FrameKind.Binary, true, false, 256, 4)]
    [InlineData("827F0000000000010000", FrameKind.Binary, true, false, 65_536, 10)]
    public void The_examples_of_the_standard_are_read(string hex, FrameKind kind, bool isFinal, bool isMasked, long length, int headerBytes)
    {
        Assert.Equal(FrameReadOutcome.Header, FrameHeader.TryRead(Convert.FromHexString(hex), out var header, out _));
        Assert.Equal((kind, isFinal, isMasked, length, headerBytes), (header.Kind, header.IsFinal, header.IsMasked, header.Length, header.HeaderBytes));
    }

    [Theory]
    [InlineData("C100")]
    [InlineData("A100")]
    [InlineData("9100")]
    [InlineData("8300")]
    [InlineData("8700")]
    [InlineData("8B00")]
    [InlineData("8F00")]
    [InlineData("0900")]
    [InlineData("0800")]
    [InlineData("897E0080")]
    [InlineData("827E007D")]
    [InlineData("827F000000000000FFFF")]
    [InlineData("827F8000000000000000")]
    [InlineData("827FFFFFFFFFFFFFFFFF")]
    public void What_the_standard_forbids_is_refused_with_words(string hex)
    {
        Assert.Equal(FrameReadOutcome.Violation, FrameHeader.TryRead(Convert.FromHexString(hex), out _, out var fault));
        Assert.NotEmpty(fault!);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(int.MaxValue)]
    public void What_is_written_is_read_again_and_nothing_less_is_enough(long length)
    {
        var bytes = new byte[FrameHeader.BytesMax];
        foreach (var masked in (bool[])[false, true])
        {
            var written = masked ? FrameHeader.WriteMasked(bytes, FrameKind.Binary, length, 0xCAFE_F00D) : FrameHeader.Write(bytes, FrameKind.Binary, length);
            Assert.Equal(FrameHeader.BytesFor(length) + (masked ? 4 : 0), written);
            Assert.Equal(FrameReadOutcome.Header, FrameHeader.TryRead(bytes.AsSpan(0, written), out var header, out _));
            Assert.Equal(new FrameHeader(FrameKind.Binary, true, masked, masked ? 0xCAFE_F00D : 0, length, written), header);
            for (var less = 0; less < written; less++)
            {
                Assert.Equal(FrameReadOutcome.Incomplete, FrameHeader.TryRead(bytes.AsSpan(0, less), out _, out _));
            }
        }
    }

    [Fact]
    public void The_example_of_a_mask_is_taken_off()
    {
        var frame = Convert.FromHexString("818537fa213d7f9f4d5158");
        FrameHeader.TryRead(frame, out var header, out _);
        var payload = new byte[5];
        FrameMask.CopyTo(new ReadOnlySequence<byte>(frame, 6, 5), payload, header.Mask);
        Assert.Equal("Hello"u8, payload);
    }

    [Fact]
    public void A_mask_is_the_same_in_one_piece_and_in_several()
    {
        const uint mask = 0x0102_F304;
        var random = new Random(1);
        for (var length = 0; length < 200; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            var expected = bytes.Select((value, at) => (byte)(value ^ BitConverter.GetBytes(mask)[at % 4])).ToArray();
            var (whole, pieces) = (bytes.ToArray(), bytes.ToArray());
            FrameMask.Apply(whole, mask);
            for (var at = 0; at < length;)
            {
                var piece = Math.Min(length - at, random.Next(1, 40));
                FrameMask.Apply(pieces.AsSpan(at, piece), mask, at);
                at += piece;
            }

            Assert.Equal(expected, whole);
            Assert.Equal(expected, pieces);
        }
    }
}
