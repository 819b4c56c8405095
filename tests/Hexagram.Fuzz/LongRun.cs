using System.Diagnostics;
using System.Globalization;
using Hexagram.Fuzz.Engine;
using Hexagram.Fuzz.Targets;

namespace Hexagram.Fuzz;

/// <summary>The long run: one target, or all of them in turn, for so many minutes each, with coverage. See README.md.</summary>
internal static class LongRun
{
    private const string Usage = """
        Usage: Hexagram.Fuzz --target NAME|all [--minutes N] [--seed N] [--corpus FOLDER] [--crashes FOLDER] [--minimise] [--no-coverage] [--input FILE]

          --target       what to try; all: each target in turn
          --minutes      for so long each (1)
          --seed         makes the same inputs again, as far as threads and clocks allow (the time)
          --corpus       FOLDER/NAME is read at the start, and what is new is added to it (that of the tree is always read)
          --crashes      where inputs go that break a promise (./crashes)
          --minimise     leaves in FOLDER/NAME only what is needed, 24 KiB at most
          --no-coverage  runs the code as it is
          --input        tries this one file and nothing else
        """;

    /// <summary>0: nothing was found; 1: something was; 2: usage.</summary>
    public static async Task<int> RunAsync(string[] words)
    {
        var name = Word(words, "--target", "");
        var targets = AllTargets.Named(name);
        if (targets.Count == 0)
        {
            Console.Error.WriteLine($"There is no target '{name}'; there are: {string.Join(", ", AllTargets.Names)}.\n\n{Usage}");
            return 2;
        }

        if (Word(words, "--input", "") is { Length: > 0 } file)
        {
            return await ReplayAsync(targets[0](), file);
        }

        // In a process of its own, whose code is a copy: instrumented before any of it is loaded.
        if (!words.Contains("--no-coverage"))
        {
            return await InstrumentedCopy.RunAsync([.. words.Select(Absolute), "--no-coverage"]);
        }

        // Instrumented code must find a place to count in before any of it runs, also when a target is made.
        _ = new Observations();
        var found = 0;
        foreach (var make in targets)
        {
            await using var target = make();
            found += await RunAsync(target, words);
        }

        return found == 0 ? 0 : 1;
    }

    private static async Task<int> RunAsync(IFuzzTarget target, string[] words)
    {
        var minutes = double.Parse(Word(words, "--minutes", "1"), CultureInfo.InvariantCulture);
        var seed = int.Parse(Word(words, "--seed", $"{Environment.TickCount & 0xFFFF}"), CultureInfo.InvariantCulture);
        var folder = Word(words, "--corpus", "");
        var corpus = Corpus.Read(Corpus.Kept(target.Name)).ToList();
        if (folder.Length > 0)
        {
            folder = Path.Combine(folder, target.Name);
            corpus.AddRange(Corpus.Read(folder));
        }

        var found = 0;
        var began = Stopwatch.GetTimestamp();
        FuzzRun? run = null;
        run = new FuzzRun(target, seed)
        {
            Found = (input, fault) =>
            {
                found++;
                var path = Corpus.Write(Path.Combine(Word(words, "--crashes", "crashes"), target.Name), input);
                Console.WriteLine($"{target.Name}: FOUND, in {path}: {fault}");
            },
            Progress = () => Console.WriteLine(Line(target, run!, Stopwatch.GetElapsedTime(began), found)),
        };
        Console.WriteLine($"{target.Name}: seed {seed}, {corpus.Count} inputs to begin with");
        await run.RunAsync(corpus, TimeSpan.FromMinutes(minutes));
        Console.WriteLine(Line(target, run, Stopwatch.GetElapsedTime(began), found));
        if (folder.Length > 0)
        {
            await KeepAsync(target, run, folder, words.Contains("--minimise"));
        }

        return found;
    }

    private static async Task KeepAsync(IFuzzTarget target, FuzzRun run, string folder, bool minimise)
    {
        var kept = run.Kept;
        if (minimise)
        {
            kept = await new Minimiser(target).MinimiseAsync(kept, bytesMax: 24 << 10);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        foreach (var input in kept)
        {
            Corpus.Write(folder, input);
        }

        Console.WriteLine($"{target.Name}: {kept.Count} inputs, {kept.Sum(input => input.Length)} bytes kept");
    }

    private static async Task<int> ReplayAsync(IFuzzTarget target, string file)
    {
        await using (target)
        {
            var fault = await new Trial(target, new Observations()).FaultAsync(await File.ReadAllBytesAsync(file));
            Console.WriteLine(fault is null ? "nothing broke" : $"FOUND: {fault}");
            return fault is null ? 0 : 1;
        }
    }

    private static string Line(IFuzzTarget target, FuzzRun run, TimeSpan time, int found) => string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}: {run.Executions} executions in {time.TotalSeconds:0} s ({run.Executions / time.TotalSeconds:0}/s), {run.Edges} edges, {run.Kept.Count} inputs kept, {found} findings");

    private static string Word(string[] words, string name, string otherwise)
    {
        var at = Array.IndexOf(words, name);
        return at >= 0 && at + 1 < words.Length ? words[at + 1] : otherwise;
    }

    private static string Absolute(string word) => Directory.Exists(word) ? Path.GetFullPath(word) : word;
}
