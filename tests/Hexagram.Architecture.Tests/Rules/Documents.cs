using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>No document points at what is not there: links to files and headings, and paths written as code.</summary>
internal static partial class Documents
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .Build();

    /// <summary>One line for each link that leads nowhere.</summary>
    /// <param name="path">The document, relative to the root.</param>
    /// <param name="text">Its content.</param>
    /// <param name="read">The text of a file by its path from the root; an empty string for a folder; null for what does not exist.</param>
    public static IEnumerable<string> DeadLinks(string path, string text, Func<string, string?> read)
    {
        var document = Markdown.Parse(text, Pipeline);
        foreach (var link in document.Descendants<LinkInline>())
        {
            var url = link.Url ?? "";
            if (url.Contains("://", StringComparison.Ordinal) || url.StartsWith("mailto:", StringComparison.Ordinal))
            {
                continue;
            }

            var parts = url.Split('#', 2);
            var target = parts[0].Length == 0 ? path : Resolve(path, Uri.UnescapeDataString(parts[0]));
            var content = target is null ? null : parts[0].Length == 0 ? text : read(target);
            if (content is null)
            {
                yield return $"{path}:{link.Line + 1} links to {url}, which does not exist.";
            }
            else if (parts.Length == 2 && !Anchors(content).Contains(parts[1]))
            {
                yield return $"{path}:{link.Line + 1} links to {url}, but no heading there is called so.";
            }
        }
    }

    /// <summary>
    /// One line for each piece of code in the text that looks like a path of this repository, such as
    /// <c>src/Hexagram.Protocol</c>, but does not exist.
    /// </summary>
    public static IEnumerable<string> DeadPaths(string path, string text, Func<string, bool> exists)
    {
        foreach (var code in Markdown.Parse(text, Pipeline).Descendants<CodeInline>())
        {
            if (PathLike().IsMatch(code.Content) && !exists(code.Content.TrimEnd('/')))
            {
                yield return $"{path}:{code.Line + 1} names {code.Content}, which does not exist.";
            }
        }
    }

    /// <summary>One line for each reference such as <c>PROTOCOL §4</c> to a section that the protocol does not have.</summary>
    /// <param name="path">The file that refers.</param>
    /// <param name="text">Its content.</param>
    /// <param name="protocol">PROTOCOL.md, whose sections are numbered in their headings.</param>
    public static IEnumerable<string> DeadSections(string path, string text, string protocol)
    {
        var sections = NumberedHeading().Matches(protocol).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        return SectionsReferred().Matches(text)
            .SelectMany(match => SectionNumber().Matches(match.Value).Select(number => number.Value))
            .Where(number => !sections.Contains(number))
            .Select(number => $"{path} refers to PROTOCOL §{number}, which does not exist.");
    }

    private static HashSet<string> Anchors(string text)
    {
        var document = Markdown.Parse(text, Pipeline);
        var named = document.Descendants<HeadingBlock>().Select(heading => heading.GetAttributes().Id).OfType<string>();
        var explicitly = ExplicitAnchor().Matches(text).Select(match => match.Groups[1].Value);
        return named.Concat(explicitly).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The path from the root, or null when it leads out of the repository.</summary>
    private static string? Resolve(string document, string target)
    {
        var segments = new List<string>(document.Split('/').SkipLast(1));
        foreach (var segment in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == ".." && segments.Count == 0)
            {
                return null;
            }

            if (segment == "..")
            {
                segments.RemoveAt(segments.Count - 1);
            }
            else if (segment != ".")
            {
                segments.Add(segment);
            }
        }

        return string.Join('/', segments);
    }

    [GeneratedRegex(@"^#+ (\d+(?:\.\d+)?)\.? ", RegexOptions.Multiline)]
    private static partial Regex NumberedHeading();

    // "PROTOCOL §5, §7" names two.
    [GeneratedRegex(@"PROTOCOL(?:\.md)?,? §\d+(?:\.\d+)?(?:, §\d+(?:\.\d+)?)*")]
    private static partial Regex SectionsReferred();

    [GeneratedRegex(@"\d+(?:\.\d+)?")]
    private static partial Regex SectionNumber();

    [GeneratedRegex("""<a (?:id|name)="([^"]+)">""")]
    private static partial Regex ExplicitAnchor();

    [GeneratedRegex(@"^(src|tests|bench|docs|protocol|\.ci)/[\w./-]*$|^[A-Z]+\.md$")]
    private static partial Regex PathLike();
}
