namespace Hexagram.Client;

/// <summary>The client's store cannot be opened, read or written. The message says what happened, to which folder, and what to do.</summary>
public sealed class ClientStoreException : Exception
{
    internal ClientStoreException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
