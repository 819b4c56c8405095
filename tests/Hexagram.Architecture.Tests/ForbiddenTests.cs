using Hexagram.Architecture.Tests.Rules;

namespace Hexagram.Architecture.Tests;

/// <summary>What stands nowhere in the tree.</summary>
public sealed class ForbiddenTests
{
    // Put together here, so that this file is not what it forbids.
    private const string Later = "TO" + "DO";

    [Fact]
    public void No_code_is_folded_away() => Holds.For(Repository.Sources.SelectMany(Forbidden.Regions));

    [Fact]
    public void No_comment_puts_work_off() => Holds.For(Repository.Sources.SelectMany(Forbidden.PostponedWork));

    [Fact]
    public void No_exception_is_swallowed() => Holds.For(Repository.Sources.SelectMany(Forbidden.EmptyCatches));

    [Fact]
    public void No_test_sleeps() => Holds.For(Repository.Sources.SelectMany(Forbidden.SleepsInTests));

    [Fact]
    public void No_test_is_skipped() => Holds.For(Repository.Sources.SelectMany(Forbidden.SkippedTests));

    [Fact]
    public void Nothing_in_the_product_reads_the_systems_clock() => Holds.For(Repository.Sources.SelectMany(Forbidden.SystemClocks));

    [Fact]
    public void No_file_speaks_of_one_machine() =>
        Holds.For(Repository.Files.SelectMany(path => Forbidden.MachineTraces(path, Repository.Read(path))));

    [Fact]
    public void A_region_is_found() => Assert.Single(Forbidden.Regions(Test("#region A\nclass B;\n#endregion")));

    [Theory]
    [InlineData($"// {Later}: later")]
    [InlineData($"/* {Later} */")]
    [InlineData($"/// <summary>{Later}</summary>\nclass A;")]
    public void Postponed_work_is_found(string text) => Assert.Single(Forbidden.PostponedWork(Test(text)));

    [Fact]
    public void The_same_word_in_a_string_is_not_found() => Assert.Empty(Forbidden.PostponedWork(Test($"var a = \"{Later}\";")));

    [Theory]
    [InlineData("try { } catch { }")]
    [InlineData("try { } catch { /* why */ }")]
    [InlineData("try { } catch (Exception) { // why\n }")]
    [InlineData("try { } catch (IOException) { }")]
    public void A_swallowed_exception_is_found(string text) => Assert.Single(Forbidden.EmptyCatches(Test(text)));

    [Theory]
    [InlineData("try { } catch (IOException) { // why\n }")]
    [InlineData("try { } catch { throw; }")]
    public void A_catch_that_says_why_is_not_found(string text) => Assert.Empty(Forbidden.EmptyCatches(Test(text)));

    [Theory]
    [InlineData("Thread.Sleep(1);")]
    [InlineData("await Task.Delay(TimeSpan.FromSeconds(1), token);")]
    public void A_sleep_is_found(string text) => Assert.Single(Forbidden.SleepsInTests(Test(text)));

    [Fact]
    public void Waiting_for_a_cancellation_is_no_sleep() => Assert.Empty(Forbidden.SleepsInTests(Test("await Task.Delay(Timeout.Infinite, token);")));

    [Theory]
    [InlineData("class A { [Fact(Skip = \"later\")] void B() { } }")]
    [InlineData("Assert.Skip(\"later\");")]
    public void A_skipped_test_is_found(string text) => Assert.Single(Forbidden.SkippedTests(Test(text)));

    [Theory]
    [InlineData("var a = DateTime.UtcNow;")]
    [InlineData("var a = DateTimeOffset.Now.Ticks;")]
    public void A_use_of_the_systems_clock_is_found(string text) => Assert.Single(Forbidden.SystemClocks(new SourceFile("src/A/B.cs", text)));

    [Theory]
    [InlineData("see /ho" + "me/me/notes")]
    [InlineData("see C:\\Use" + "rs\\me")]
    [InlineData("\"resolved\": \"https://regis" + "try.example.org/a.tgz\"")]
    public void A_trace_of_one_machine_is_found(string text) => Assert.Single(Forbidden.MachineTraces("a.txt", text));

    [Theory]
    [InlineData("POST /v1/messages, src/root/a")]
    [InlineData("https://learn.microsoft.com/dotnet")]
    public void Another_path_is_no_trace(string text) => Assert.Empty(Forbidden.MachineTraces("a.txt", text));

    private static SourceFile Test(string text) => new("tests/A/B.cs", text);
}
