using System.Diagnostics;
using SharpFuzz;

namespace Hexagram.Fuzz.Engine;

/// <summary>A copy of this program in which the code under test counts the edges that it takes.</summary>
internal static class InstrumentedCopy
{
    /// <summary>All that reads bytes. The SDK's own libraries are left as they are.</summary>
    private static readonly string[] Instrumented =
    [
        "Hexagram.Protocol.dll", "Hexagram.Delivery.dll", "Hexagram.Storage.RocksDb.dll", "Hexagram.Server.dll", "Hexagram.Client.dll", "hexagram.dll",
        "Google.Protobuf.dll", "Microsoft.IdentityModel.JsonWebTokens.dll", "Microsoft.IdentityModel.Tokens.dll",
    ];

    /// <summary>Makes the copy, runs it with <paramref name="words"/>, and removes it.</summary>
    public static async Task<int> RunAsync(IEnumerable<string> words)
    {
        var folder = Directory.CreateTempSubdirectory("hexagram-fuzz-").FullName;
        try
        {
            Copy(AppContext.BaseDirectory, folder);
            foreach (var name in Instrumented.Where(name => File.Exists(Path.Combine(folder, name))))
            {
                var types = Fuzzer.Instrument(Path.Combine(folder, name), static _ => true, Options.Value).Count();
                Console.WriteLine($"instrumented {name}: {types} types");
            }

            var start = new ProcessStartInfo("dotnet") { UseShellExecute = false };
            start.ArgumentList.Add(Path.Combine(folder, "Hexagram.Fuzz.dll"));
            foreach (var word in words)
            {
                start.ArgumentList.Add(word);
            }

            using var child = Process.Start(start)!;
            await child.WaitForExitAsync();
            return child.ExitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.EnumerateDirectories(from))
        {
            Copy(folder, Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName);
        }
    }
}
