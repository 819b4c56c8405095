using Hexagram.Cli.Chatting;

namespace Hexagram.Cli.Tests.Chatting;

/// <summary>Text in rows of a terminal.</summary>
public sealed class LineWrapTests
{
    private static readonly string[] Texts =
    [
        "",
        "a line that is longer than the terminal is wide",
        "没有空格的一行中文也要换行没有空格的一行中文也要换行",
        "mixed 中文 and words and 😀👨‍👩‍👧 emoji",
        "averyveryveryverylongwordwithoutanyblankinit",
        "several\nlines\n\nwith\ttabs",
        "a  b   c    d     e      f",
    ];

    [Fact]
    public void No_row_is_wider_than_the_terminal_and_nothing_but_blanks_is_left_out()
    {
        foreach (var text in Texts)
        {
            for (var width = 2; width <= 60; width++)
            {
                var rows = LineWrap.Wrap(text, width);

                Assert.All(rows, row => Assert.True(LineWrap.WidthOf(row) <= Math.Max(width, WidestOf(row)), $"'{row}' in {width} columns"));
                Assert.Equal(WithoutBlanks(text), WithoutBlanks(string.Concat(rows)));
            }
        }
    }

    [Fact]
    public void Words_stay_whole_where_they_can() =>
        Assert.Equal(["hello", "wide", "world"], LineWrap.Wrap("hello wide world", 8));

    [Fact]
    public void What_people_take_for_one_character_is_never_cut()
    {
        foreach (var row in LineWrap.Wrap("xe\u0301e\u0301e\u0301e\u0301e\u0301", 2))
        {
            Assert.False(row.StartsWith('\u0301'));
        }
    }

    [Theory]
    [InlineData("你好", 4)]
    [InlineData("abc", 3)]
    [InlineData("", 0)]
    public void A_chinese_character_takes_two_columns(string text, int columns) => Assert.Equal(columns, LineWrap.WidthOf(text));

    [Fact]
    public void Both_ends_are_taken_by_columns()
    {
        Assert.Equal("好吗", LineWrap.TakeEnd("你好吗", 5));
        Assert.Equal("你好", LineWrap.TakeBeginning("你好吗", 5));
        Assert.Equal("", LineWrap.TakeEnd("你", 1));
    }

    private static int WidestOf(string row) => LineWrap.Elements(row).Select(LineWrap.WidthOf).DefaultIfEmpty().Max();

    private static string WithoutBlanks(string text) => string.Concat(text.Where(one => !char.IsWhiteSpace(one)));
}
