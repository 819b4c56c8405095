namespace Hexagram.Testing;

/// <summary>
/// What a test has counted or measured and people want to see: schedules simulated, kills survived. <c>./test</c> prints
/// these lines before its total. Thread-safe.
/// </summary>
internal static class Measured
{
    private static readonly Lock Gate = new();

    /// <summary>Reports one fact in one line of plain words, such as <c>10000 random schedules, no promise broken</c>.</summary>
    public static void Report(string fact)
    {
        if (fact.Contains('\n', StringComparison.Ordinal))
        {
            throw new ArgumentException("A measured fact is one line.", nameof(fact));
        }

        // Run by hand, without ./test, the fact goes where the other output of the test goes.
        if (Environment.GetEnvironmentVariable("HEXAGRAM_MEASURED") is not { Length: > 0 } path)
        {
            Console.WriteLine($"measured: {fact}");
            return;
        }

        lock (Gate)
        {
            File.AppendAllText(path, $"{fact}\n");
        }
    }
}
