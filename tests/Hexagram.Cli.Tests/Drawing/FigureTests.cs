using Hexagram.Cli.Drawing;
using Hexagram.Protocol;
using Spectre.Console;

namespace Hexagram.Cli.Tests.Drawing;

/// <summary>The figure as a person sees it, without its colours.</summary>
public sealed class FigureTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly MessageId Id = MessageId.New(Begin, 1, 2);
    private readonly SixLines _lines = new();

    [Fact]
    public void A_message_that_is_on_the_servers_disk_has_two_whole_lines()
    {
        _lines.Transmitted(Begin);
        _lines.Reached(MessageState.Accepted, Begin.AddMilliseconds(2.34));

        Assert.Equal(
            $"""
            {Id}  alice → bob

              6  ━━━   ━━━  ack:N  server → alice
              5  ━━━   ━━━  ack:A  server → bob
              4  ━━━   ━━━  ack:R  bob → server
              3  ━━━   ━━━  msg:N  server → bob
              2  ━━━━━━━━━  msg:A  server → alice  +2.3 ms  accepted: on the server's disk
              1  ━━━━━━━━━  msg:R  alice → server  +0.0 ms
            """,
            Draw());
    }

    [Fact]
    public void A_delivered_message_has_six_whole_lines()
    {
        _lines.Transmitted(Begin);
        _lines.Reached(MessageState.Accepted, Begin.AddMilliseconds(2));
        _lines.Reached(MessageState.Delivered, Begin.AddMilliseconds(5));

        Assert.Equal(
            $"""
            {Id}  alice → bob

              6  ━━━━━━━━━  ack:N  server → alice  +5.0 ms  delivered: bob has it
              5  ━━━━━━━━━  ack:A  server → bob             proven by a later line
              4  ━━━━━━━━━  ack:R  bob → server             proven by a later line
              3  ━━━━━━━━━  msg:N  server → bob             proven by a later line
              2  ━━━━━━━━━  msg:A  server → alice  +2.0 ms  accepted: on the server's disk
              1  ━━━━━━━━━  msg:R  alice → server  +0.0 ms
            """,
            Draw());
    }

    [Fact]
    public void A_forged_line_has_a_ring()
    {
        _lines.Transmitted(Begin);
        _lines.Reached(MessageState.Stored, Begin.AddMilliseconds(3));

        Assert.Contains("6  ━━━ ○ ━━━  ack:N", Draw(), StringComparison.Ordinal);
        Assert.Contains("bob is offline", Draw(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_remark_stands_below() => Assert.EndsWith("\nNot connected.", Draw("Not connected."), StringComparison.Ordinal);

    [Fact]
    public void On_a_narrow_terminal_the_lines_stay_whole()
    {
        _lines.Transmitted(Begin);
        _lines.Reached(MessageState.Stored, Begin.AddMilliseconds(3));

        var drawn = Draw(width: 60);

        Assert.Contains("\n  6  ━━━ ○ ━━━  ack:N  server → alice  +3.0 ms\n", drawn, StringComparison.Ordinal);
        Assert.DoesNotContain("offline", drawn, StringComparison.Ordinal);
    }

    private string Draw(string remark = "", int width = 140)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        console.Write(Figure.Draw(Id, new LineWords(new UserId("alice"), new UserId("bob")), _lines, remark, width));
        return string.Join('\n', text.ToString().Split('\n').Select(line => line.TrimEnd())).TrimEnd('\n');
    }
}
