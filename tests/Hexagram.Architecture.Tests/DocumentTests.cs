using Hexagram.Architecture.Tests.Rules;

namespace Hexagram.Architecture.Tests;

/// <summary>The documents name only what exists.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void No_document_has_a_dead_link() =>
        Holds.For(Repository.Documents.SelectMany(path => Documents.DeadLinks(path, Repository.Read(path), ReadIfThere)));

    [Fact]
    public void No_document_names_a_path_that_does_not_exist() =>
        Holds.For(Repository.Documents.SelectMany(path => Documents.DeadPaths(path, Repository.Read(path), Repository.Exists)));

    [Fact]
    public void Every_promise_is_backed_by_a_test_that_exists() =>
        Holds.For(Repository.Files.Where(path => path == "docs/guarantees.md")
            .SelectMany(path => Guarantees.Unbacked(path, Repository.Read(path), Tests)));

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/client.md")]
    [InlineData("src/Hexagram.Client/README.md")]
    [InlineData("src/Hexagram.Client.Hosting/README.md")]
    public void The_examples_in_a_document_compile_when_pasted(string path)
    {
        var examples = Examples.In(Repository.Read(path));
        Assert.NotEmpty(examples);
        Holds.For(examples.SelectMany(Examples.Faults));
    }

    [Theory]
    [InlineData("Console.WriteLine(await Task.FromResult(1));", 0)]
    [InlineData("Console.WriteLine(client);", 1)]
    [InlineData("string? a = null; Console.WriteLine(a.Length);", 1)]
    public void An_example_that_does_not_compile_is_found(string text, int faults) =>
        Assert.Equal(faults, Examples.Faults(Examples.In($"# A\n\n```csharp\n{text}\n```\n").Single()).Count());

    [Fact]
    public void No_file_refers_to_a_section_that_the_protocol_does_not_have() =>
        Holds.For(Repository.Files
            .Where(path => path.EndsWith(".cs", StringComparison.Ordinal) || path.EndsWith(".md", StringComparison.Ordinal) || path.EndsWith(".proto", StringComparison.Ordinal))
            .Where(path => path != "tests/Hexagram.Architecture.Tests/DocumentTests.cs")
            .SelectMany(path => Documents.DeadSections(path, Repository.Read(path), Repository.Read("protocol/PROTOCOL.md"))));

    [Fact]
    public void A_section_that_does_not_exist_is_found() => Assert.Equal(
        ["a.cs refers to PROTOCOL §5, which does not exist.", "a.cs refers to PROTOCOL §4.2, which does not exist."],
        Documents.DeadSections("a.cs", "(PROTOCOL §4, §5) RFC 9110 §9 (PROTOCOL §4.1) (PROTOCOL §4.2)", "## 4. Opening\n### 4.1 Example\n"));

    [Theory]
    [InlineData("[a](missing.md)")]
    [InlineData("[a](../outside.md)")]
    [InlineData("[a](#not-a-heading)")]
    [InlineData("[a](other.md#not-a-heading)")]
    [InlineData("![a](missing.png)")]
    [InlineData("[a][1]\n\n[1]: missing.md")]
    public void A_dead_link_is_found(string text) =>
        Assert.Single(Documents.DeadLinks("README.md", $"# Here\n\n{text}\n", path => path == "other.md" ? "# There\n" : null));

    [Theory]
    [InlineData("[a](other.md)")]
    [InlineData("[a](./other.md#life-of-a-message-)")]
    [InlineData("[a](#here--there)")]
    [InlineData("[a](https://example.org/x)")]
    [InlineData("`[a](missing.md)`")]
    public void A_good_link_is_not_found(string text) =>
        Assert.Empty(Documents.DeadLinks("README.md", $"# Here & there\n\n{text}\n", path => path == "other.md" ? "# *Life of a message*:\n## Life of a message!\n<a id=\"life-of-a-message-\">" : null));

    [Fact]
    public void A_path_in_code_that_does_not_exist_is_found() =>
        Assert.Single(Documents.DeadPaths(
            "ARCHITECTURE.md",
            "`src/Gone.cs` `src/There/` `application/json` `/health/live` `a/b`",
            path => path == "src/There"));

    [Theory]
    [InlineData("- Nothing is lost.")]
    [InlineData("- Nothing is lost. `OutboxTests.Gone_by_now`")]
    public void A_promise_without_its_test_is_found(string text) =>
        Assert.Single(Guarantees.Unbacked("docs/guarantees.md", text, new HashSet<string> { "OutboxTests.Nothing_is_lost" }));

    [Fact]
    public void A_promise_with_its_test_is_not_found()
    {
        var tests = Guarantees.TestsIn([new SourceFile("tests/A/A.cs", "class OutboxTests { [Fact] public void Nothing_is_lost() { } public void No_test() { } }")]);
        Assert.Equal(["OutboxTests.Nothing_is_lost"], tests);
        Assert.Empty(Guarantees.Unbacked("docs/guarantees.md", "- When `SendAsync` returns, nothing is lost. `OutboxTests.Nothing_is_lost`", tests));
    }

    [Fact]
    public void A_test_in_TypeScript_is_found_by_its_name()
    {
        const string Text = """
            test("a message is delivered", async () => {
              client.on("state", (state) => state);
            });
              test.each(losses.map((lost) => ({ lost })))(
                "nothing is lost: $lost",
                async ({ lost }) => {
            test.each([
              ["light", DESK],
            ] as const)("everybody can use it: %s", async (scheme) => {
            """;
        Assert.Equal(
            ["real.test.ts › a message is delivered", "real.test.ts › nothing is lost: $lost", "real.test.ts › everybody can use it: %s"],
            Guarantees.ScriptTestsIn("clients/a/tests/real.test.ts", Text));
        Assert.Single(Guarantees.Unbacked("docs/guarantees.md", "- Nothing is lost. `real.test.ts › gone by now`", new HashSet<string>()));
    }

    private static HashSet<string> Tests =>
    [
        .. Guarantees.TestsIn(Repository.Sources),
        .. Repository.Files.Where(path => path.EndsWith(".test.ts", StringComparison.Ordinal)).SelectMany(path => Guarantees.ScriptTestsIn(path, Repository.Read(path))),
    ];

    private static string? ReadIfThere(string path) =>
        !Repository.Exists(path) ? null : File.Exists(Path.Combine(Repository.Root, path)) ? Repository.Read(path) : "";
}
