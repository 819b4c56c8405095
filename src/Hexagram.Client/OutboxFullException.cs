namespace Hexagram.Client;

/// <summary>The outbox holds as much as it may. The message was not taken; it may be sent again when others have gone.</summary>
public sealed class OutboxFullException : Exception
{
    internal OutboxFullException(string limit, string message)
        : base(message) => Limit = limit;

    /// <summary>The name of the limit, a property of <see cref="OutboxLimits"/>.</summary>
    public string Limit { get; }
}
