using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Hexagram.Model.Tests;

/// <summary>One run of <c>protocol/model/search</c>, and what it has found.</summary>
/// <param name="ExitCode">0: all was searched and nothing is broken. 1: a property is broken. Another: the search did not happen, or not completely.</param>
/// <param name="Said">All that it has printed.</param>
internal sealed partial record ModelSearch(int ExitCode, string Said)
{
    /// <summary>Longer than any search takes on a busy machine.</summary>
    private static readonly TimeSpan Patience = Bounds.Long ? TimeSpan.FromMinutes(60) : TimeSpan.FromMinutes(8);

    /// <summary>The folder of the model.</summary>
    public static string Folder { get; } = FindFolder();

    /// <summary>The property that is broken: a name from the model, or <c>endless</c> for a run that never comes to its end; null if none is.</summary>
    public string? Broken =>
        BrokenAssertion().Match(Said) is { Success: true } assertion ? assertion.Groups[1].Value
        : Said.Contains("acceptance cycle (at depth", StringComparison.Ordinal) ? "endless"
        : ExitCode == 1 ? "another"
        : null;

    /// <summary>States that were stored, each different from all others.</summary>
    public long States => (long)Number(StatesStored());

    /// <summary>Memory that the search took.</summary>
    public double Megabytes => Number(MemoryUsed());

    /// <summary>Whether what spin calls a full search looked for this.</summary>
    public bool LookedFor(string what) => Regex.IsMatch(Said, $@"^\s+{Regex.Escape(what)}\s+\+", RegexOptions.Multiline);

    /// <summary>
    /// Statements of the model that no run comes to, but for those that tell of a broken property and for the ends of processes that never end.
    /// </summary>
    public IEnumerable<string> NeverDone =>
        UnreachedStatement().Matches(Said).Select(match => match.Value.Trim()).Where(line => !BrokenOrEnd().IsMatch(line));

    /// <summary>Runs it with these arguments. A search that takes too long is ended and fails.</summary>
    public static async Task<ModelSearch> RunAsync(string arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("bash", ["search", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new ModelSearch(process.ExitCode, $"{output}{await errors}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hexagram.slnx")))
            {
                return Path.Combine(folder.FullName, "protocol", "model");
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Hexagram.slnx.");
    }

    private double Number(Regex pattern)
    {
        var match = pattern.Match(Said);
        Assert.True(match.Success, Said);
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"assertion violated\s+!\((\w+)\)")]
    private static partial Regex BrokenAssertion();

    [GeneratedRegex(@"^\s*([\d.e+]+) states, stored", RegexOptions.Multiline)]
    private static partial Regex StatesStored();

    [GeneratedRegex(@"^\s*([\d.]+)\s+total actual memory usage", RegexOptions.Multiline)]
    private static partial Regex MemoryUsed();

    [GeneratedRegex(@"^\thexagram\.pml:\d+, state \d+, "".*""$", RegexOptions.Multiline)]
    private static partial Regex UnreachedStatement();

    [GeneratedRegex(@"""(?:-end-|(?:lost|doubled|reordered|lied|fell|stuck) = 1)""$")]
    private static partial Regex BrokenOrEnd();
}
