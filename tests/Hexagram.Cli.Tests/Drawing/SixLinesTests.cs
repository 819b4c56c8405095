using Hexagram.Cli.Drawing;
using Hexagram.Protocol;

namespace Hexagram.Cli.Tests.Drawing;

/// <summary>Lines only light up, and each says how it is known.</summary>
public sealed class SixLinesTests
{
    private readonly SixLines _lines = new();
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_delivered_message_lights_all_six_from_the_bottom_up()
    {
        Assert.Equal(["1 Seen"], Words(_lines.Transmitted(Next())));
        Assert.Equal(["2 Seen"], Words(_lines.Reached(MessageState.Accepted, Next())));
        Assert.Equal(["3 Proven", "4 Proven", "5 Proven", "6 Seen"], Words(_lines.Reached(MessageState.Delivered, Next())));
        Assert.All(Enumerable.Range(1, 6), number => Assert.NotNull(_lines[number]));
    }

    [Fact]
    public void A_stored_message_has_a_forged_sixth_line_and_none_in_between()
    {
        _lines.Transmitted(Next());
        _lines.Reached(MessageState.Accepted, Next());

        Assert.Equal(["6 Forged"], Words(_lines.Reached(MessageState.Stored, Next())));
        Assert.All([3, 4, 5], number => Assert.Null(_lines[number]));

        Assert.Equal(["3 Proven", "4 Proven", "5 Proven", "6 Seen"], Words(_lines.Reached(MessageState.Delivered, Next())));
    }

    [Fact]
    public void A_resend_lights_nothing_again()
    {
        var first = Next();
        _lines.Transmitted(first);

        Assert.Empty(_lines.Transmitted(Next()));
        Assert.Equal(first, _lines[1]!.Value.At);
    }

    [Fact]
    public void A_weaker_answer_that_comes_late_changes_nothing()
    {
        _lines.Reached(MessageState.Delivered, Next());

        Assert.Empty(_lines.Reached(MessageState.Stored, Next()));
        Assert.Empty(_lines.Reached(MessageState.Accepted, Next()));
        Assert.Equal(Lighting.Seen, _lines[6]!.Value.How);
    }

    [Fact]
    public void What_an_earlier_run_saw_is_proven_by_what_is_known_now() =>
        Assert.Equal(["1 Proven", "2 Proven", "6 Forged"], Words(_lines.Reached(MessageState.Stored, Next())));

    [Fact]
    public void Waiting_lights_nothing() => Assert.Empty(_lines.Reached(MessageState.Waiting, Next()));

    private static IEnumerable<string> Words(IEnumerable<LitLine> lines) => lines.Select(line => $"{line.Number} {line.How}");

    private DateTimeOffset Next() => _now += TimeSpan.FromMilliseconds(1);
}
