using Hexagram.EndToEnd.ClientCrashes;
using Hexagram.EndToEnd.Disturbances;
using Hexagram.EndToEnd.Faults.Actors;

namespace Hexagram.EndToEnd;

/// <summary>Runs the tests; or, as a child of a test, a program that the test steers and kills.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] words)
    {
        if (words is [CrashingProgram.Word, ..])
        {
            return await CrashingProgram.RunAsync(words[1..]);
        }

        if (words is [ApplicationProgram.Word, ..])
        {
            return await ApplicationProgram.RunAsync(words[1..]);
        }

        if (words is [ServerProgram.Word, ..])
        {
            return await ServerProgram.RunAsync(words[1..]);
        }

        if (words is [LyingServerProgram.ServerWord, var data, var mistake])
        {
            return await LyingServerProgram.RunServerAsync(data, Enum.Parse<Mistake>(mistake));
        }

        if (words is [LyingServerProgram.ClientWord])
        {
            return await LyingServerProgram.RunClientsAsync();
        }

        return words.Any(word => word is "-automated" or "@@")
            ? await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(words)
            : await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(words, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
    }
}
