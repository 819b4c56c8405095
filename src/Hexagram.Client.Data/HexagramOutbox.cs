using System.Data.Common;
using Hexagram.Client.Data.Stores;
using Hexagram.Protocol;

namespace Hexagram.Client.Data;

/// <summary>
/// Puts messages into the store of a client from any process that shares its database, in a transaction of the application's. The client, wherever it runs, sends
/// them when they are committed. Holds nothing; thread-safe.
/// </summary>
/// <example>
/// <code>
/// var outbox = new HexagramOutbox(SqlDialect.PostgreSql, "shop");
/// await using var transaction = await connection.BeginTransactionAsync();
/// // … the application's own writes …
/// await outbox.EnqueueAsync(transaction, "bob", "your order has left");
/// await transaction.CommitAsync();
/// </code>
/// </example>
/// <param name="dialect">Which database it is.</param>
/// <param name="store">The name of the client's store: <see cref="DatabaseClientStore.Name"/>.</param>
public sealed class HexagramOutbox(SqlDialect dialect, string store)
{
    /// <summary>Enqueues a text; see <see cref="EnqueueAsync(DbTransaction, UserId, Body, CancellationToken)"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="to"/> cannot be a user id, or the text has no UTF-8 form.</exception>
    public Task EnqueueAsync(DbTransaction transaction, string to, string text, CancellationToken cancellationToken = default) =>
        EnqueueAsync(transaction, new UserId(to), Body.FromText(text), cancellationToken);

    /// <summary>
    /// Writes a message with the transaction's connection. It is sent if the transaction is committed, and never otherwise. Messages of one transaction are sent in the order of the calls; and
    /// one that is enqueued after the commit of another comes after it.
    /// </summary>
    /// <param name="transaction">Open, in the database of the store. The caller ends it.</param>
    /// <param name="to">The recipient.</param>
    /// <param name="body">Text or bytes.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <exception cref="InvalidOperationException">The transaction has ended, or there is no such store in its database.</exception>
    /// <exception cref="DbException">The database cannot write it.</exception>
    public Task EnqueueAsync(DbTransaction transaction, UserId to, Body body, CancellationToken cancellationToken = default) =>
        EnqueueAsync(transaction, Guid.NewGuid(), to, body, cancellationToken);

    /// <returns>What names the transaction.</returns>
    internal async Task<string> EnqueueAsync(DbTransaction transaction, Guid ticket, UserId to, Body body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        // An id that was never set would fail where nobody could tell whose it is.
        _ = to.Value;
        if (body.Content.Length > ProtocolLimits.BodyBytesMaxCeiling)
        {
            throw new ArgumentException($"A body of {body.Content.Length} bytes is larger than any server takes ({ProtocolLimits.BodyBytesMaxCeiling}).", nameof(body));
        }

        var connection = transaction.Connection ?? throw new InvalidOperationException("The transaction has ended.");
        await using var command = DatabaseStatements.Enqueue(dialect, store, ticket, to, body).ToCommand(connection, transaction);
        return await command.ExecuteScalarAsync(cancellationToken) as string
            ?? throw new InvalidOperationException(
                $"There is no store '{store}' in this database. Open a client on it once, or call {nameof(DatabaseClientStore)}.{nameof(DatabaseClientStore.PrepareAsync)}.");
    }
}
