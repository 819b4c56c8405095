using System.Data.Common;
using Hexagram.Client.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Shop;

/// <summary>SQLite in a file, or PostgreSQL: the rest of the shop does not know which.</summary>
internal sealed class ShopDatabase : IAsyncDisposable
{
    private readonly DbDataSource _dataSource;

    /// <param name="connectionString">As for Npgsql when it names a host, otherwise as for Microsoft.Data.Sqlite.</param>
    internal ShopDatabase(string connectionString)
    {
        Dialect = connectionString.Contains("Host=", StringComparison.OrdinalIgnoreCase) ? SqlDialect.PostgreSql : SqlDialect.Sqlite;
        _dataSource = Dialect == SqlDialect.PostgreSql ? NpgsqlDataSource.Create(connectionString) : SqliteFactory.Instance.CreateDataSource(connectionString);
    }

    private SqlDialect Dialect { get; }

    /// <summary>The outbox and the inbox of the shop's client, in the same database.</summary>
    internal DatabaseClientStore ClientStore => new(_dataSource, Dialect, "shop");

    /// <summary>A context of its own connection.</summary>
    internal OrderContext NewContext() => ContextOver(_dataSource.CreateConnection(), isOwned: true);

    /// <summary>A context in a transaction that somebody else has begun and will end.</summary>
    internal async Task<OrderContext> ContextInAsync(DbTransaction transaction, CancellationToken cancellationToken)
    {
        var context = ContextOver(transaction.Connection!, isOwned: false);
        await context.Database.UseTransactionAsync(transaction, cancellationToken);
        return context;
    }

    public ValueTask DisposeAsync() => _dataSource.DisposeAsync();

    private OrderContext ContextOver(DbConnection connection, bool isOwned)
    {
        var options = new DbContextOptionsBuilder<OrderContext>();
        return new OrderContext((Dialect == SqlDialect.PostgreSql ? options.UseNpgsql(connection, isOwned) : options.UseSqlite(connection, isOwned)).Options);
    }
}
