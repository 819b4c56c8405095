namespace Hexagram.Delivery.Tests.Traces;

/// <summary>One event of a machine.</summary>
/// <param name="At">Monotonic time, in milliseconds.</param>
/// <param name="Told">The event.</param>
/// <param name="Answered">Its effects, in order.</param>
/// <param name="Next">When the machine wants to be told that time has passed; null when it does not.</param>
internal sealed record TraceStep(long At, string Told, IReadOnlyList<string> Answered, long? Next);

/// <summary>What one machine lived through.</summary>
/// <param name="Name">What happens in it.</param>
/// <param name="Steps">Event by event.</param>
internal sealed record Trace(string Name, IReadOnlyList<TraceStep> Steps);
