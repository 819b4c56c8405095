using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>What stands nowhere in the tree, whatever the reason.</summary>
internal static partial class Forbidden
{
    /// <summary>One line for each <c>#region</c>.</summary>
    public static IEnumerable<string> Regions(SourceFile file) =>
        file.Syntax.DescendantTrivia()
            .Where(trivia => trivia.IsKind(SyntaxKind.RegionDirectiveTrivia))
            .Select(trivia => $"{file.Path}:{Line(trivia.GetLocation())} folds code away with #region.");

    /// <summary>One line for each comment that puts work off.</summary>
    public static IEnumerable<string> PostponedWork(SourceFile file) =>
        file.Syntax.DescendantTrivia(descendIntoTrivia: false)
            .Where(trivia => trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia
                or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia)
            .Where(trivia => Postponed().IsMatch(trivia.ToFullString()))
            .Select(trivia => $"{file.Path}:{Line(trivia.GetLocation())} puts work off in a comment.");

    /// <summary>
    /// One line for each catch that swallows: without a statement and without a comment that says why, or of every exception.
    /// </summary>
    public static IEnumerable<string> EmptyCatches(SourceFile file)
    {
        foreach (var clause in file.Syntax.DescendantNodes().OfType<CatchClauseSyntax>().Where(clause => clause.Block.Statements.Count == 0))
        {
            var everything = clause.Filter is null && clause.Declaration?.Type.ToString() is null or "Exception" or "System.Exception";
            var explained = clause.Block.DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia));
            if (everything || !explained)
            {
                yield return $"{file.Path}:{SourceFile.LineOf(clause)} swallows an exception" + (everything ? " of any kind." : " without saying why.");
            }
        }
    }

    /// <summary>One line for each test that sleeps: what it waits for has an event or a clock of its own.</summary>
    public static IEnumerable<string> SleepsInTests(SourceFile file)
    {
        if (file.Area != "tests")
        {
            yield break;
        }

        foreach (var call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>())
        {
            // Task.Delay(Timeout.Infinite, token) is no sleep: it waits for the cancellation.
            var name = call.Expression.ToString();
            var endless = call.ArgumentList.Arguments.FirstOrDefault()?.ToString().StartsWith("Timeout.Infinite", StringComparison.Ordinal) ?? false;
            if (name is "Thread.Sleep" or "Task.Delay" or "Thread.SpinWait" && !endless)
            {
                yield return $"{file.Path}:{SourceFile.LineOf(call)} sleeps with {name}.";
            }
        }
    }

    /// <summary>One line for each test that is skipped.</summary>
    public static IEnumerable<string> SkippedTests(SourceFile file)
    {
        foreach (var argument in file.Syntax.DescendantNodes().OfType<AttributeArgumentSyntax>())
        {
            if (argument.NameEquals?.Name.Identifier.Text is "Skip" or "SkipWhen" or "SkipUnless")
            {
                yield return $"{file.Path}:{SourceFile.LineOf(argument)} skips a test.";
            }
        }

        foreach (var call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>())
        {
            if (call.Expression.ToString() is "Assert.Skip" or "Assert.SkipWhen" or "Assert.SkipUnless")
            {
                yield return $"{file.Path}:{SourceFile.LineOf(call)} skips a test.";
            }
        }
    }

    /// <summary>
    /// One line for each use of the system's clock in the product: time comes from a TimeProvider, so that tests own it.
    /// </summary>
    public static IEnumerable<string> SystemClocks(SourceFile file)
    {
        if (file.Area != "src")
        {
            yield break;
        }

        foreach (var access in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            if (access.ToString() is "DateTime.Now" or "DateTime.UtcNow" or "DateTime.Today" or "DateTimeOffset.Now"
                or "DateTimeOffset.UtcNow" or "Environment.TickCount" or "Environment.TickCount64" or "Thread.Sleep")
            {
                yield return $"{file.Path}:{SourceFile.LineOf(access)} uses {access}; time comes from a TimeProvider.";
            }
        }
    }

    /// <summary>One line for each path of somebody's machine and each address of a package registry, in a file of any kind.</summary>
    public static IEnumerable<string> MachineTraces(string path, string text)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.ContainsAny('/', '\\') && (MachinePath().IsMatch(line) || RegistryAddress().IsMatch(line)))
            {
                return [$"{path}:{number} holds a path or an address that means something on one machine alone."];
            }
        }

        return [];
    }

    private static int Line(Location location) => location.GetLineSpan().StartLinePosition.Line + 1;

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Postponed();

    [GeneratedRegex(@"(?<![\w./>-])/(?:work|root|home|Users)/[\w.-]|\b[A-Za-z]:\\Users\\")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"https?://[^/\s""']*(?:nuget|npmjs|registry|artifactory|jfrog|pypi)")]
    private static partial Regex RegistryAddress();
}
