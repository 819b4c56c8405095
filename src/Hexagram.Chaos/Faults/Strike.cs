namespace Hexagram.Chaos.Faults;

/// <summary>One fault, as it really was.</summary>
/// <param name="Fault">Which.</param>
/// <param name="From">When it began, since the beginning of the run.</param>
/// <param name="To">When what it concerned was whole again.</param>
/// <param name="Struck">How many processes, connections or packets it hit; 0 when there was nothing to hit.</param>
/// <param name="What">What it did, in words.</param>
public sealed record Strike(Fault Fault, TimeSpan From, TimeSpan To, int Struck, string What);
