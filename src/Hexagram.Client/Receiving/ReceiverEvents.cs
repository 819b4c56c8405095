namespace Hexagram.Client.Receiving;

/// <summary>What the application may hear from the receiver; each is called outside of every lock, and does not throw. And what it should never hear: a defect.</summary>
internal sealed record ReceiverEvents(
    Action<HandlerFailedEventArgs> Failed,
    Action<MissingMessages> Missing,
    Action<SetAsideMessage> SetAside,
    Action<ClientStoreException> StoreFailed,
    Action<Exception> Defect);
