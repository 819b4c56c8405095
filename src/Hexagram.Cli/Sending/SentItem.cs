using Hexagram.Client;

namespace Hexagram.Cli.Sending;

/// <summary>One message that this run follows to its end.</summary>
internal sealed class SentItem
{
    /// <summary>A message of this run, as its outbox takes it.</summary>
    public SentItem(long index, Task<SentMessage> sending)
    {
        Index = index;
        Sending = sending;
    }

    /// <summary>A message that an earlier run left in the outbox.</summary>
    public SentItem(SentMessage earlier)
    {
        Sending = Task.FromResult(earlier);
        WasStored = earlier.State == SentState.Stored;
    }

    /// <summary>Its place among this run's messages, from 1; 0 for one of an earlier run.</summary>
    public long Index { get; }

    /// <summary>Completes when the message is on this device's disk.</summary>
    public Task<SentMessage> Sending { get; }

    /// <summary>An earlier run has seen it stored already.</summary>
    public bool WasStored { get; }

    /// <summary>Why it was never taken; null for all that were.</summary>
    public string? Fault { get; private init; }

    /// <summary>What was last printed about it; null when nothing was.</summary>
    public SentState? Reported { get; set; }

    /// <summary>A line that cannot be a message.</summary>
    public static SentItem Unfit(long index, string fault) =>
        new(index, Task.FromException<SentMessage>(new InvalidDataException(fault))) { Fault = fault };
}
