namespace Hexagram.Client.Sending;

/// <summary>What the sender has to tell, beside the state of messages.</summary>
/// <param name="StoreFailed">What is about to leave could not be saved; it is tried again.</param>
/// <param name="Defect">An invariant is broken.</param>
internal sealed record SenderEvents(Action<ClientStoreException> StoreFailed, Action<Exception> Defect);
