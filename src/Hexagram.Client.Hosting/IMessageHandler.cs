namespace Hexagram.Client.Hosting;

/// <summary>
/// What an application does with a message. Made anew for each message in a scope of its own, and registered with <see cref="HexagramClientBuilder.AddHandler{THandler}"/>.
/// </summary>
public interface IMessageHandler
{
    /// <summary>
    /// Messages come in order and one at a time. When this succeeds, the message is confirmed; when it throws, the same message comes again before all others
    /// (see <see cref="HexagramClient.OnMessage"/>).
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancelled when the application stops. A handler that then throws has its message again after the next start.</param>
    Task HandleAsync(Message message, CancellationToken cancellationToken);
}
