namespace Hexagram.Fuzz;

/// <summary>Runs the tests; or, when it is told a target, the long run of it.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] words)
    {
        if (words.Contains("--target"))
        {
            return await LongRun.RunAsync(words);
        }

        return words.Any(word => word is "-automated" or "@@")
            ? await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(words)
            : await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(words, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
    }
}
