using Hexagram.Cli.Texts;

namespace Hexagram.Cli.Tests.Texts;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("hello", "hello")]
    [InlineData("你好 👋", "你好 👋")]
    [InlineData("a\tb", "a\tb")]
    [InlineData("\e[31mred", "␛[31mred")]
    [InlineData("over\rwritten", "over␍written")]
    [InlineData("bell\a", "bell␇")]
    [InlineData("gone\u007f", "gone\uFFFD")]
    [InlineData("c1\u009b31m", "c1\uFFFD31m")]
    [InlineData("right\u202eleft", "right\uFFFDleft")]
    [InlineData("one\ntwo", "one\n    two")]
    [InlineData("one\u2028two", "one\uFFFDtwo")]
    public void What_a_terminal_would_obey_is_shown(string text, string shown) => Assert.Equal(shown, SafeText.Show(text));
}
