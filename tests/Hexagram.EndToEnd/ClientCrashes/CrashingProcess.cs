using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd.ClientCrashes;

/// <summary>One life of a <see cref="CrashingProgram"/>, from its start to its end or its death.</summary>
internal static class CrashingProcess
{
    private static readonly MortalProcess Program = new(CrashingProgram.Word, RunningProgram.Patience);

    /// <summary>Runs it until it dies at <paramref name="failPoint"/>, such as <c>outbox.marked:3</c>.</summary>
    internal static Task DieAtAsync(string failPoint, IEnumerable<string> words, Action<string> printed) => Program.DieAtAsync(failPoint, words, printed);

    /// <summary>Kills it when it has printed so many lines and a moment of chance has passed.</summary>
    internal static Task DieAnywhereAsync(int lines, int spins, IEnumerable<string> words, Action<string> printed) => Program.DieAfterAsync(lines, words, printed, spins);

    /// <summary>Runs it to its own end.</summary>
    internal static Task LiveAsync(IEnumerable<string> words, Action<string> printed) => Program.LiveAsync(words, printed);
}
