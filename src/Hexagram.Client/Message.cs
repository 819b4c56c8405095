using Hexagram.Protocol;

namespace Hexagram.Client;

/// <summary>A message that has arrived. Immutable.</summary>
public sealed record Message
{
    /// <summary>The sender's id for it.</summary>
    public required MessageId Id { get; init; }

    /// <summary>Who sent it; the server has checked that.</summary>
    public required UserId From { get; init; }

    /// <summary>Its number in this user's mailbox.</summary>
    public required Sequence Sequence { get; init; }

    /// <summary>When the server accepted it, by the server's clock.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>What it carries.</summary>
    public required Body Body { get; init; }

    /// <summary>When the sender says it was written; its clock may be wrong.</summary>
    public DateTimeOffset SentAt => Id.MadeAt;

    /// <summary>The text.</summary>
    /// <exception cref="InvalidOperationException">The body is bytes; read <see cref="Body"/>.</exception>
    public string Text => Body.Text;

    /// <summary>
    /// A handler may have run for this message before: in this process, or in one that ended before the message was
    /// committed. False means: certainly not. In a transaction it is always false, because what ran before was undone.
    /// </summary>
    public bool Redelivered { get; init; }

    /// <summary>1 for the first time that this process hands it to the handler, and one more each time the handler has failed.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Id, sender and size, never the content: bodies do not belong in logs.</summary>
    public override string ToString() => $"{Sequence} {Id} from {From} ({Body})";
}
