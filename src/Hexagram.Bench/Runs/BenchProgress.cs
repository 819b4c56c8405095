namespace Hexagram.Bench.Runs;

/// <summary>How it stands, for somebody who watches.</summary>
/// <param name="Run">Which run, from 1 on.</param>
/// <param name="Runs">Of how many.</param>
/// <param name="Words">What it is doing.</param>
/// <param name="Part">How far it is with that, 0 to 1; null when nobody knows.</param>
/// <param name="Messages">Messages until now.</param>
public readonly record struct BenchProgress(int Run, int Runs, string Words, double? Part, long Messages);
