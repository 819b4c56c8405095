using System.Data.Common;

namespace Hexagram.Client.Hosting;

/// <summary>
/// As <see cref="IMessageHandler"/>, and exactly once: what it writes in the transaction is committed together with the mark that the message has been handled.
/// Registered with <see cref="HexagramClientBuilder.AddTransactionalHandler{THandler}"/>.
/// </summary>
public interface ITransactionalMessageHandler
{
    /// <summary>Messages come in order and one at a time; see <see cref="HexagramClient.OnMessageInTransaction"/>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="transaction">Of the client's store. The client commits it when this succeeds, and undoes it when this throws.</param>
    /// <param name="cancellationToken">Cancelled when the application stops.</param>
    Task HandleAsync(Message message, DbTransaction transaction, CancellationToken cancellationToken);
}
