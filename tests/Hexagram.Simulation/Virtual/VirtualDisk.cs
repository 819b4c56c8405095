using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Simulation.Virtual;

/// <summary>What a device keeps through the death of its process.</summary>
internal sealed class VirtualDisk
{
    internal SortedDictionary<long, SavedMessage> Outbox { get; } = [];

    internal HashSet<(UserId From, MessageId Id)> Seen { get; } = [];

    internal Epoch Epoch { get; set; }

    internal Sequence Cursor { get; set; }

    internal long Connection { get; set; }

    internal long Number { get; set; }
}

/// <summary>A row of the outbox.</summary>
internal sealed record SavedMessage(long Number, MessageId Id, UserId To, string Text, MessageState State, bool Transmitted)
{
    internal OutboxEntry ToEntry() => new(Number, Id, To, State, Transmitted);
}
