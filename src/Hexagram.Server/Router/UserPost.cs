using Hexagram.Protocol;
using Hexagram.Storage;
using Orleans;

namespace Hexagram.Server.Router;

/// <summary>What has gathered for one user's sessions: hints, each of which may be lost.</summary>
/// <param name="Entries">Entries of the user's mailbox, new or sent again.</param>
/// <param name="Reports">What became of messages that the user has sent.</param>
[GenerateSerializer, Immutable, Alias("hexagram.user-post")]
internal sealed record UserPost(
    [property: Id(0)] IReadOnlyList<EntryHint> Entries,
    [property: Id(1)] IReadOnlyList<DeliveryReport> Reports);

/// <summary>"There is this entry": durable, so that whoever hears of it may tell it on.</summary>
/// <param name="Entry">It, with its body, so that a session in step need not read the store.</param>
/// <param name="Repeated">The sender has sent it again, so its recipient may not have it.</param>
[GenerateSerializer, Immutable, Alias("hexagram.entry-hint")]
internal readonly record struct EntryHint([property: Id(0)] Entry Entry, [property: Id(1)] bool Repeated);

/// <summary>"A device of this user has confirmed these."</summary>
/// <param name="By">Whose device.</param>
/// <param name="Ids">The messages; 1 or more.</param>
[GenerateSerializer, Immutable, Alias("hexagram.delivery-report")]
internal sealed record DeliveryReport([property: Id(0)] UserId By, [property: Id(1)] IReadOnlyList<MessageId> Ids)
{
    /// <summary>Instead: "these are on disk, and nobody who receives them was known", for a sender whose request has been answered already.</summary>
    [Id(2)]
    public bool AreStored { get; init; }

    /// <summary>What became of them.</summary>
    public MessageState State => AreStored ? MessageState.Stored : MessageState.Delivered;
}
