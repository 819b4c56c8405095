using System.CommandLine;
using System.CommandLine.Parsing;

namespace Hexagram.Cli.CommandLine;

/// <summary>Says in words what could not be understood, and what may have been meant.</summary>
internal static class Misunderstanding
{
    /// <summary>A suggestion further away than this is none.</summary>
    private const int DistanceMax = 2;

    /// <summary>One sentence per mistake, the most telling first; the last one says where to look.</summary>
    public static IEnumerable<string> Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        foreach (var error in MostTelling([.. parsed.Errors.Select(Words).Distinct()], parsed.UnmatchedTokens))
        {
            yield return error;
        }

        foreach (var word in parsed.UnmatchedTokens.Concat(WordsThatLookLikeOptions(parsed)).Distinct(StringComparer.Ordinal))
        {
            if (Suggestion(word, command) is { } suggestion)
            {
                yield return $"Did you mean '{suggestion}'?";
            }
        }

        var path = command.Parents.OfType<Command>().Reverse().Append(command).Select(one => one.Name);
        yield return $"See '{string.Join(' ', path)} --help'.";
    }

    /// <summary>A validator for text that anything may stand in: a misspelt option is no message.</summary>
    /// <param name="result">The text.</param>
    /// <param name="isDelimited">Whether the words hold <c>--</c>, after which everything is text.</param>
    public static void RejectOptions(ArgumentResult result, bool isDelimited)
    {
        if (!isDelimited && result.Tokens is [{ Value: ['-', _, ..] text }, ..])
        {
            result.AddError($"There is no option '{text}'. If it is the message, write it after '--'.");
        }
    }

    /// <summary>The library's words, but for an argument that is missing, of which it does not say the name.</summary>
    private static string Words(ParseError error) =>
        error.SymbolResult is ArgumentResult { Tokens.Count: 0, Argument: var argument, Parent: CommandResult } ? $"{argument.Name} is missing. {argument.Description}" : error.Message;

    /// <summary>One mistake makes the parser find others; those are left out.</summary>
    private static IEnumerable<string> MostTelling(IReadOnlyList<string> errors, IReadOnlyList<string> unmatched)
    {
        var option = errors.FirstOrDefault(error => error.StartsWith("There is no option", StringComparison.Ordinal));
        return option is not null ? [option]
            : unmatched.Count > 0 && errors.Count > 1 ? errors.Where(error => unmatched.Any(word => error.Contains($"'{word}'", StringComparison.Ordinal)))
            : errors;
    }

    private static IEnumerable<string> WordsThatLookLikeOptions(ParseResult parsed) => parsed.CommandResult.Children
        .OfType<ArgumentResult>()
        .SelectMany(argument => argument.Tokens)
        .Select(token => token.Value)
        .Where(word => word.StartsWith("--", StringComparison.Ordinal));

    private static string? Suggestion(string word, Command command)
    {
        var options = command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive)));
        var names = options.Select(option => option.Name).Concat(command.Subcommands.Select(sub => sub.Name));
        return names
            .Select(name => (Name: name, Distance: Distance(word, name)))
            .Where(one => one.Distance <= DistanceMax && one.Distance < word.Length)
            .OrderBy(one => one.Distance)
            .Select(one => one.Name)
            .FirstOrDefault();
    }

    /// <summary>How many letters have to be put in, taken out, replaced or swapped with their neighbour (Damerau and Levenshtein, restricted).</summary>
    private static int Distance(string from, string to)
    {
        var costs = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                costs[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(costs[i - 1, j] + 1, costs[i, j - 1] + 1),
                    costs[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
                }
            }
        }

        return costs[from.Length, to.Length];
    }
}
