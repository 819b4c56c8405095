using System.Text.RegularExpressions;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>
/// Each promise in docs/guarantees.md is a list item and ends with the names of the tests that back it, as code:
/// <c>Class.Method</c>, or of the clients in TypeScript <c>file.test.ts › name</c>. A promise without a test, or with one that is not there, does not pass.
/// </summary>
internal static partial class Guarantees
{
    private const string Separator = " › ";

    /// <summary>Every test under tests/ as <c>Class.Method</c>.</summary>
    public static HashSet<string> TestsIn(IEnumerable<SourceFile> files) =>
        files.SelectMany(file => file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>())
            .Where(method => method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString() is "Fact" or "Theory"))
            .Where(method => method.Parent is TypeDeclarationSyntax)
            .Select(method => $"{((TypeDeclarationSyntax)method.Parent!).Identifier.Text}.{method.Identifier.Text}")
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Every test of a file in TypeScript, which its formatter writes in one way.</summary>
    public static IEnumerable<string> ScriptTestsIn(string path, string text) =>
        ScriptTest.Matches(text).Select(match => $"{path.Split('/')[^1]}{Separator}{match.Groups[1].Value}");

    /// <summary>One line for each promise that no existing test backs.</summary>
    public static IEnumerable<string> Unbacked(string path, string text, IReadOnlySet<string> tests)
    {
        foreach (var item in Markdown.Parse(text).Descendants<ListItemBlock>())
        {
            var named = item.Descendants<CodeInline>().Select(code => code.Content).Where(IsTestName).ToList();
            if (named.Count == 0)
            {
                yield return $"{path}:{item.Line + 1} promises something that no test backs.";
            }

            foreach (var name in named.Where(name => !tests.Contains(name)))
            {
                yield return $"{path}:{item.Line + 1} names the test {name}, which does not exist.";
            }
        }
    }

    /// <summary>Tests are sentences, so that their names hold an underscore; no other name in the document does.</summary>
    private static bool IsTestName(string code) =>
        code.Contains(Separator, StringComparison.Ordinal) || (code.Contains('.', StringComparison.Ordinal) && code.Contains('_', StringComparison.Ordinal));

    // A table of cases may stand before the name, in the same line or in those above; a long name stands on a line of its own.
    [GeneratedRegex("""^ *(?:(?:test|\]).*?\()?"([^"\n]+)",\s+(?:async )?\(""", RegexOptions.Multiline)]
    private static partial Regex ScriptTest { get; }
}
