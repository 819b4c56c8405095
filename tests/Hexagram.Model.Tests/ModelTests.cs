using System.Globalization;
using System.Text.RegularExpressions;

namespace Hexagram.Model.Tests;

/// <summary>
/// The model of the protocol, <c>protocol/model/hexagram.pml</c>, searched state by state: within its bounds there is no run in which anything is lost,
/// doubled, reordered, lied about or stuck. And it can tell: plausible mistakes are refuted.
/// </summary>
public sealed partial class ModelTests
{
    [Theory]
    [MemberData(nameof(Bounds.ForPromises), MemberType = typeof(Bounds))]
    public async Task Every_reachable_state_keeps_every_promise(string bounds)
    {
        var search = await ModelSearch.RunAsync(bounds, TestContext.Current.CancellationToken);

        Assert.True(search.ExitCode == 0, search.Said);
        Assert.True(search.LookedFor("assertion violations") && search.LookedFor("invalid end states"), search.Said);
        Report(bounds, search, "no promise broken, no dead end");
        if (bounds == Bounds.TwoSenders)
        {
            // Otherwise a promise might be kept only because nothing ever happens.
            Assert.Empty(search.NeverDone);
        }
    }

    [Theory]
    [MemberData(nameof(Bounds.ForProgress), MemberType = typeof(Bounds))]
    public async Task Every_run_comes_to_its_end(string bounds)
    {
        var search = await ModelSearch.RunAsync($"--live {bounds}", TestContext.Current.CancellationToken);

        Assert.True(search.ExitCode == 0, search.Said);
        Assert.True(search.LookedFor("acceptance   cycles"), search.Said);
        Report(bounds, search, "every run comes to its end");
    }

    [Theory]
    [InlineData("ANSWERED_BEFORE_THE_COMMIT", "lied")]
    [InlineData("LOOKED_UP_OUTSIDE_THE_COMMIT", "doubled")]
    [InlineData("ID_REMADE_ON_RESEND", "doubled")]
    [InlineData("NOTED_OUTSIDE_THE_TRANSACTION", "doubled")]
    [InlineData("CONFIRMED_BEFORE_THE_COMMIT", "lied")]
    [InlineData("STORED_TAKEN_FOR_DELIVERED", "lied")]
    [InlineData("FORGED_WITHOUT_SAYING_SO", "lied")]
    [InlineData("LAST_WORD_COUNTS", "fell")]
    [InlineData("RESUMED_WHERE_IT_LEFT_OFF", "reordered")]
    [InlineData("RESUMED_AFTER_WHAT_WAS_NOTIFIED", "lost")]
    [InlineData("NO_HEARTBEAT", "stuck")]
    [InlineData("NEVER_SENT_AGAIN", "stuck")]
    [InlineData("NEVER_ASKED_AFTER_STORED", "stuck")]
    [InlineData("ACK_A_CONFIRMED_AGAIN", "endless")]
    public async Task A_plausible_mistake_is_refuted(string mistake, string property)
    {
        var live = property == "endless" ? "--live " : "";
        var search = await ModelSearch.RunAsync(
            $"{live}--quick -DSENDERS=1 -DMESSAGES=2 -DWINDOW=2 -DFAULTS=2 -D{mistake}",
            TestContext.Current.CancellationToken);

        Assert.True(search.ExitCode == 1, search.Said);
        Assert.Equal(property, search.Broken);
        Assert.Contains("The way there:", search.Said, StringComparison.Ordinal);
    }

    /// <summary>None is written into the model and forgotten, and the table in the README is complete and true.</summary>
    [Fact]
    public void Every_mistake_in_the_model_is_tried_and_told_of()
    {
        var model = File.ReadAllText(Path.Combine(ModelSearch.Folder, "hexagram.pml"));
        var readme = File.ReadAllText(Path.Combine(ModelSearch.Folder, "README.md"));
        var tried = typeof(ModelTests).GetMethod(nameof(A_plausible_mistake_is_refuted))!
            .GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType == typeof(InlineDataAttribute))
            .Select(attribute => (IReadOnlyCollection<System.Reflection.CustomAttributeTypedArgument>)attribute.ConstructorArguments[0].Value!)
            .Select(arguments => ((string)arguments.First().Value!, (string)arguments.Last().Value!))
            .ToList();

        Assert.Equal(
            Condition().Matches(model).Select(match => match.Groups[1].Value).Except(["SENDERS", "MESSAGES", "WINDOW", "FAULTS", "ROUNDS"]).Order(StringComparer.Ordinal),
            tried.Select(mistake => mistake.Item1).Order(StringComparer.Ordinal));
        Assert.Equal(
            Row().Matches(readme).Select(match => (match.Groups[1].Value, match.Groups[2].Value)).Order(),
            tried.Order());
    }

    private static void Report(string bounds, ModelSearch search, string verdict) => Measured.Report(string.Create(
        CultureInfo.InvariantCulture,
        $"model of the protocol, {bounds.Replace("--quick ", "", StringComparison.Ordinal).Replace("-D", "", StringComparison.Ordinal)}: all {search.States:N0} states, {search.Megabytes:N0} MB: {verdict}"));

    [GeneratedRegex(@"^#\s*(?:ifdef|ifndef|if|elif).*?\b([A-Z][A-Z_]{4,})\b", RegexOptions.Multiline)]
    private static partial Regex Condition();

    /// <summary>A row of the README's table: <c>| `MISTAKE` | … | *property* | … |</c>.</summary>
    [GeneratedRegex(@"^\| `([A-Z_]+)` \|.*\| \*(\w+)\* \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
