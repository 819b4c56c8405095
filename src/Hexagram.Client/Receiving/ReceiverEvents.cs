namespace Hexagram.Client.Receiving;

/// <summary>What the application may hear from the receiver; each is called outside of every lock, and does not throw.</summary>
internal sealed record ReceiverEvents(
    Action<HandlerFailedEventArgs> Failed,
    Action<MissingMessages> Missing,
    Action<SetAsideMessage> SetAside,
    Action<ClientStoreException> StoreFailed);
