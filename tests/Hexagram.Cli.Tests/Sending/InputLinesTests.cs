using System.Text;
using Hexagram.Cli.Sending;

namespace Hexagram.Cli.Tests.Sending;

public sealed class InputLinesTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("one", new[] { "one" })]
    [InlineData("one\n", new[] { "one" })]
    [InlineData("one\ntwo", new[] { "one", "two" })]
    [InlineData("one\r\ntwo\r\n", new[] { "one", "two" })]
    [InlineData("\n\none\n\n", new[] { "", "", "one", "" })]
    [InlineData(" blanks \tstay \n", new[] { " blanks \tstay " })]
    [InlineData("你好\n", new[] { "你好" })]
    public async Task A_message_is_a_line_without_its_end(string input, string[] messages)
    {
        foreach (var chunk in new[] { 1, 2, 3, 100 })
        {
            var lines = await ReadAsync(Encoding.UTF8.GetBytes(input), chunk);
            Assert.All(lines, line => Assert.Null(line.Fault));
            Assert.Equal(messages, lines.Select(line => line.Body.Text));
        }
    }

    [Fact]
    public async Task A_line_that_is_not_utf8_is_unfit_alone()
    {
        var lines = await ReadAsync([.. "one\n"u8, 0xC3, (byte)'\n', .. "two\n"u8], 2);

        Assert.Equal([null, "the line is not UTF-8", null], lines.Select(line => line.Fault));
        Assert.Equal("two", lines[2].Body.Text);
    }

    [Fact]
    public async Task A_line_that_no_server_takes_is_unfit_and_not_kept()
    {
        var input = new byte[InputLines.BytesMax + 100_000 + 6];
        Array.Fill(input, (byte)'x');
        "\nnext\n"u8.CopyTo(input.AsSpan(^6));

        var lines = await ReadAsync(input, 1 << 20);

        Assert.Equal(2, lines.Count);
        Assert.Contains("longer than", lines[0].Fault, StringComparison.Ordinal);
        Assert.Equal("next", lines[1].Body.Text);
    }

    [Fact]
    public async Task The_longest_line_that_a_server_may_take_is_a_message()
    {
        var input = new byte[InputLines.BytesMax + 2];
        Array.Fill(input, (byte)'x');
        "\r\n"u8.CopyTo(input.AsSpan(^2));

        var line = Assert.Single(await ReadAsync(input, 1 << 20));

        Assert.Null(line.Fault);
        Assert.Equal(InputLines.BytesMax, line.Body.Content.Length);
    }

    [Fact]
    public async Task An_input_that_says_nothing_can_be_left()
    {
        using var stop = new CancellationTokenSource();
        await using var silent = new System.IO.Pipelines.Pipe().Reader.AsStream();
        var lines = InputLines.ReadAsync(silent, stop.Token).GetAsyncEnumerator(CancellationToken.None);
        var next = lines.MoveNextAsync();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
    }

    private static async Task<List<InputLine>> ReadAsync(byte[] input, int chunk)
    {
        var lines = new List<InputLine>();
        await foreach (var line in InputLines.ReadAsync(new Trickle(input, chunk), CancellationToken.None))
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>A stream that gives a few bytes at a time, as pipes do.</summary>
    private sealed class Trickle(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(chunk, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
