using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Simulation.Virtual;

/// <summary>What a device keeps through the death of its process.</summary>
internal sealed class VirtualDisk
{
    internal SortedDictionary<long, SavedMessage> Outbox { get; } = [];

    /// <summary>What was handled. A real client forgets it after the horizon, and beyond that nothing is promised after a restore (docs/guarantees.md §2).</summary>
    internal HashSet<(UserId From, MessageId Id)> Seen { get; } = [];

    /// <summary>There was another history before this one; within one the cursor says it all.</summary>
    internal bool LooksForSeen { get; set; }

    internal Epoch Epoch { get; set; }

    internal Sequence Cursor { get; set; }

    internal long Connection { get; set; }

    internal long Number { get; set; }

    /// <summary>The server's clock minus the device's, as of the last Welcome.</summary>
    internal TimeSpan ClockOffset { get; set; }
}

/// <summary>A row of the outbox.</summary>
internal sealed record SavedMessage(long Number, MessageId Id, UserId To, Body Body, MessageState State, bool Transmitted)
{
    internal OutboxEntry ToEntry() => new(Number, Id, To, State, Transmitted);
}
