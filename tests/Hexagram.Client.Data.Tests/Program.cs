using Hexagram.Client.Data.Tests.Crashes;

namespace Hexagram.Client.Data.Tests;

/// <summary>Runs the tests; or, as a child of a test, the application that the test kills.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] words) =>
        words is [ApplicationProgram.Word, ..] ? await ApplicationProgram.RunAsync(words[1..])
        : words.Any(word => word is "-automated" or "@@") ? await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(words)
        : await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(words, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}
