namespace Hexagram.Client;

/// <summary>
/// Thrown by a handler that cannot handle this message and wants the next: the message is kept beside the inbox with its body, reported,
/// and confirmed to the server. What the handler wrote in the message's transaction is undone.
/// </summary>
public sealed class SetAsideException : Exception
{
    /// <summary>Sets the message aside without a reason.</summary>
    public SetAsideException()
        : this("The handler gave no reason.")
    {
    }

    /// <summary>Sets the message aside.</summary>
    /// <param name="reason">Kept with the message.</param>
    public SetAsideException(string reason)
        : base(reason)
    {
    }

    /// <summary>Sets the message aside because of <paramref name="innerException"/>.</summary>
    public SetAsideException(string reason, Exception innerException)
        : base(reason, innerException)
    {
    }
}

/// <summary>A message that was set aside; it stays in the store until it is removed.</summary>
/// <param name="Message">The message as the handler got it; when it has been read back from the store, <see cref="Hexagram.Client.Message.Redelivered"/> is false.</param>
/// <param name="Reason">Why, in the words of the application.</param>
/// <param name="At">When, by this device's clock.</param>
public sealed record SetAsideMessage(Message Message, string Reason, DateTimeOffset At);
