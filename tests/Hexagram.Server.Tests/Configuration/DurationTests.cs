using Hexagram.Server.Configuration;

namespace Hexagram.Server.Tests.Configuration;

public sealed class DurationTests
{
    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("5m", 300)]
    [InlineData("1h", 3_600)]
    [InlineData("7d", 604_800)]
    [InlineData("1h30m", 5_400)]
    [InlineData("1.5s", 1.5)]
    public void A_duration_is_a_number_and_a_unit(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("0s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5s ")]
    [InlineData("5s\n")]
    [InlineData("5S")]
    [InlineData("5w")]
    [InlineData("1,5s")]
    [InlineData("36501d")]
    [InlineData("999999999999999d")]
    public void Anything_else_is_none(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData("1500ms")]
    [InlineData("90s")]
    [InlineData("90m")]
    [InlineData("36h")]
    [InlineData("30d")]
    public void What_is_written_reads_back_as_the_same(string text)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(text, Duration.Format(duration));
    }
}
