using System.Data.Common;
using System.Security.Cryptography;

namespace Hexagram.Client.Data.Stores;

/// <summary>
/// The session in use, and the next one when it is lost. An owner that comes back finds its name in the store's row; one that finds another's has lost the
/// store for good. Used by the writer's thread, and before that starts.
/// </summary>
internal sealed class SessionSource(DbDataSource dataSource, SqlDialect dialect, string store, TimeSpan patience) : IDisposable
{
    private ClientStoreException? _broken;
    private long _batch;

    internal string Store => store;

    internal SqlDialect Dialect => dialect;

    /// <summary>This owner's name: made by chance, never 0.</summary>
    internal long Owner { get; } = RandomNumberGenerator.GetInt32(int.MaxValue) * (1L << 31) + RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>The session in use, if there is one.</summary>
    internal DatabaseSession? Current { get; private set; }

    /// <summary>It is not used again in this process.</summary>
    internal bool IsBroken => _broken is not null;

    /// <summary>Called once, when another owner has taken the store over.</summary>
    internal Action<Exception>? Lost { get; set; }

    /// <summary>Makes the tables if need be, and becomes the store's owner.</summary>
    internal void Open()
    {
        Current = Connect(connection => DatabaseSchema.Prepare(connection, dialect, store));
        Current.Execute(DatabaseStatements.SetOwner(store, Owner));
        _batch = Current.Number(DatabaseStatements.ReadBatch(store, Owner)) ?? 0;
    }

    /// <summary>A session that is not known to be lost.</summary>
    /// <exception cref="ClientStoreException">There is none any more.</exception>
    internal DatabaseSession Usable()
    {
        if (_broken is { } broken)
        {
            throw broken;
        }

        if (Current is { IsUsable: true } usable)
        {
            return usable;
        }

        Drop();
        var session = Connect(CheckOwner);
        try
        {
            // Once more: another owner may have come and gone while this one waited.
            CheckOwner(session.Connection);
        }
        catch
        {
            session.Dispose();
            throw;
        }

        return Current = session;
    }

    /// <summary>Begins a transaction and runs these in it.</summary>
    /// <returns>Its number, which stands in the store's row when it is committed.</returns>
    internal long Begin(IReadOnlyList<Statement> statements)
    {
        var session = Usable();
        session.Begin();
        var number = ++_batch;
        return session.Execute([DatabaseStatements.SetBatch(store, Owner, number), .. statements]) == 1 ? number : throw Lose();
    }

    internal void Commit() => Current!.Commit();

    internal void Rollback() => Current?.Rollback();

    /// <summary>Something has failed: what is open is undone, and a session that may be lost is not used again.</summary>
    /// <returns>The words for it.</returns>
    internal ClientStoreException Failed(Exception cause)
    {
        Rollback();
        var fault = Translate(cause);
        if (dialect.IsFatal(cause))
        {
            Break(fault);
        }

        return fault;
    }

    internal void Break(ClientStoreException fault) => _broken ??= fault;

    public void Dispose() => Drop();

    internal ClientStoreException Translate(Exception cause) => cause switch
    {
        ClientStoreException known => known,
        InvalidDataException damage => new ClientStoreException($"The store '{store}' is damaged: {damage.Message} Restore the database from a backup, or name another store.", damage),
        _ => new ClientStoreException($"The store '{store}' cannot be read or written: {cause.Message}", cause),
    };

    /// <summary>Twice, if need be: after a restart of the database, a pool may still hand out a connection that has died with it.</summary>
    private DatabaseSession Connect(Action<DbConnection> check)
    {
        try
        {
            return DatabaseSession.Open(dataSource, dialect, store, patience, check);
        }
        catch (DbException)
        {
            return DatabaseSession.Open(dataSource, dialect, store, patience, check);
        }
    }

    /// <summary>The store's row names its last owner.</summary>
    private void CheckOwner(DbConnection connection)
    {
        if (connection.Scalar(DatabaseStatements.ReadBatch(store, Owner), null) is null)
        {
            throw Lose();
        }
    }

    private ClientStoreException Lose()
    {
        var lost = new ClientStoreException($"The store '{store}' was opened by another client while this one had lost its connection to the database; this one has stopped.");
        Break(lost);
        Lost?.Invoke(lost);
        return lost;
    }

    private void Drop()
    {
        Current?.Dispose();
        Current = null;
    }
}
