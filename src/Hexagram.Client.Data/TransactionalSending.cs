using System.Data.Common;
using Hexagram.Client.Data.Stores;
using Hexagram.Protocol;

namespace Hexagram.Client.Data;

/// <summary>Sending in the application's transactions, for a client whose store is a <see cref="DatabaseClientStore"/>.</summary>
public static class TransactionalSending
{
    /// <summary>Sends a text in a transaction; see <see cref="SendAsync(HexagramClient, UserId, Body, DbTransaction, CancellationToken)"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="to"/> cannot be a user id, or the text has no UTF-8 form.</exception>
    public static Task<EnqueuedMessage> SendAsync(this HexagramClient client, string to, string text, DbTransaction transaction, CancellationToken cancellationToken = default) =>
        client.SendAsync(new UserId(to), Body.FromText(text), transaction, cancellationToken);

    /// <summary>
    /// Puts a message into the outbox with a transaction of the application's: sent if that is committed, and never otherwise. The order is that of
    /// <see cref="HexagramOutbox.EnqueueAsync(DbTransaction, UserId, Body, CancellationToken)"/>. In a handler's transaction, leave this one out: what is sent there
    /// without it belongs to the transaction already.
    /// </summary>
    /// <param name="client">Opened on a <see cref="DatabaseClientStore"/>.</param>
    /// <param name="to">The recipient.</param>
    /// <param name="body">Text or bytes.</param>
    /// <param name="transaction">Open, in the database of the store. The caller ends it.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <exception cref="InvalidOperationException">The client has another kind of store, or the transaction has ended or belongs to another database.</exception>
    /// <exception cref="DbException">The database cannot write it.</exception>
    public static async Task<EnqueuedMessage> SendAsync(
        this HexagramClient client,
        UserId to,
        Body body,
        DbTransaction transaction,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (client.Store is not DatabaseStore store)
        {
            throw new InvalidOperationException($"This client's store is not in the application's database; use {nameof(DatabaseClientStore)}.");
        }

        var message = new EnqueuedMessage(Guid.NewGuid());
        var name = await store.Outbox.EnqueueAsync(transaction, message.Ticket, to, body, cancellationToken);
        store.Collector.Follow(message, transaction, name);
        return message;
    }
}
