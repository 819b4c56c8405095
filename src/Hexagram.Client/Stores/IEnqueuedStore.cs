using Hexagram.Protocol;

namespace Hexagram.Client.Stores;

/// <summary>
/// A store in the application's database, where the application's own transactions leave messages. Those that are committed are taken into the
/// outbox, where their order is fixed.
/// </summary>
internal interface IEnqueuedStore
{
    /// <summary>Begins to take what is committed. Called once, after <see cref="IClientStore.Load"/>; ended by disposing of the store.</summary>
    /// <param name="take">Called for one message after the other, in their order; inserts it with its <see cref="StoredMessage.Source"/>.</param>
    /// <param name="fail">Stops the client: the store belongs to another one now, or has a defect.</param>
    void StartTaking(TakeMessage take, Action<Exception> fail);
}

/// <summary>A committed message joins the outbox. The task fails when it could not; then it waits on.</summary>
internal delegate Task<SentMessage> TakeMessage(UserId to, Body body, EnqueuedRow source);

/// <summary>A message that waits in the application's database.</summary>
/// <param name="Place">Its row.</param>
/// <param name="Ticket">What names it for whoever enqueued it.</param>
/// <param name="Round">Those that were found with it.</param>
internal sealed record EnqueuedRow(long Place, Guid Ticket, TakingRound Round);

/// <summary>
/// Messages that were found together. When one of them could not be taken, none after it may be: it would be sent before. Used by the store's writer.
/// </summary>
internal sealed class TakingRound
{
    internal bool HasFailed { get; set; }
}
