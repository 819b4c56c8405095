using CsCheck;
using Hexagram.Bench.Load;

namespace Hexagram.Bench.Tests.Load;

/// <summary>The numbers of a message come back from its id and its body.</summary>
public sealed class NumberedTests
{
    private static readonly Gen<(int Stream, int Number)> Numbers = Gen.Select(Gen.Int[0, (1 << 30) - 1], Gen.Int[0, int.MaxValue]);

    [Fact]
    public void The_numbers_of_an_id_come_back() => Numbers.Sample(numbers =>
        NumberedId.Read(new NumberedId(5).Make(DateTimeOffset.UnixEpoch.AddDays(20_000), numbers.Stream, numbers.Number)) == numbers);

    [Fact]
    public void The_numbers_of_a_body_come_back() => Numbers.Sample(numbers =>
    {
        var body = new byte[NumberedBody.BytesMin];
        NumberedBody.Write(body, numbers.Stream, numbers.Number);
        return NumberedBody.TryRead(body, out var stream, out var number) && (stream, number) == numbers;
    });

    [Theory]
    [InlineData("")]
    [InlineData("0000000a")]
    [InlineData("0000000a 000000b")]
    public void Another_body_has_no_numbers(string text) =>
        Assert.False(NumberedBody.TryRead(System.Text.Encoding.UTF8.GetBytes(text), out _, out _));

    [Fact]
    public void Ids_of_two_runs_differ() => Assert.NotEqual(
        new NumberedId(1).Make(DateTimeOffset.UnixEpoch, 1, 1),
        new NumberedId(2).Make(DateTimeOffset.UnixEpoch, 1, 1));
}
