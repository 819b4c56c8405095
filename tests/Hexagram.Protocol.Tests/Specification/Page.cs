using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Specification;

/// <summary>PROTOCOL.md as the tests read it: fenced examples, and tables by the section they stand in.</summary>
internal static class Page
{
    private static readonly string[] Lines = VectorFile.Text("PROTOCOL.md").Split('\n');

    /// <summary>The fenced blocks that show packets: <c>```hex file vector [step]</c> or <c>```json …</c>.</summary>
    internal static IEnumerable<Example> Examples()
    {
        for (var i = 0; i < Lines.Length; i++)
        {
            if (!Lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                continue;
            }

            var words = Lines[i][3..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var content = Lines.Skip(i + 1).TakeWhile(line => line != "```").ToArray();
            i += content.Length + 1;
            if (words.Length > 0)
            {
                yield return new Example(words[0], string.Join(' ', words[1..]), content);
            }
        }
    }

    /// <summary>The rows of the first table under a heading that begins with <paramref name="heading"/> and has the first column <paramref name="column"/>.</summary>
    internal static IReadOnlyList<string[]> Table(string heading, string column) =>
    [
        .. Lines
            .SkipWhile(line => !line.StartsWith(heading, StringComparison.Ordinal))
            .SkipWhile(line => !line.StartsWith($"| {column} |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    /// <param name="Form">hex or json.</param>
    /// <param name="Source">File, vector and, of a conversation, the step.</param>
    /// <param name="Content">The lines of the block.</param>
    internal sealed record Example(string Form, string Source, string[] Content);
}
