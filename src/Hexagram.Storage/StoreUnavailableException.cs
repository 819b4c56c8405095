namespace Hexagram.Storage;

/// <summary>
/// The store cannot be written or read: a failed sync, an I/O error, or a stop. Nothing is known about the items under
/// way; their senders will ask again. The message says what happened, to what, and what to do.
/// </summary>
public sealed class StoreUnavailableException : Exception
{
    /// <summary>A fault without more to say.</summary>
    public StoreUnavailableException()
        : this("The mailbox store is unavailable.")
    {
    }

    /// <summary>A fault in words.</summary>
    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>A fault and its cause.</summary>
    public StoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
