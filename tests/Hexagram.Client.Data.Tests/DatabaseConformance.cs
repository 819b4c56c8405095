using System.Data.Common;
using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Tests.Conformance;

namespace Hexagram.Client.Data.Tests;

/// <summary>The conformance of handlers' transactions, in the application's database.</summary>
public abstract class DatabaseConformance(Func<Task<TestDatabase>> open) : TransactionConformance, IAsyncLifetime
{
    private protected TestDatabase Database { get; private set; } = null!;

    private protected override ClientStore Store => Database.Store();

    public async ValueTask InitializeAsync() => Database = await open();

    private protected override DbConnection OpenDatabase() => Database.DataSource.OpenConnection();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Database.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <inheritdoc/>
public sealed class PostgreSqlHandlerTests() : DatabaseConformance(TestDatabase.PostgreSqlAsync);

/// <inheritdoc/>
public sealed class SqliteHandlerTests() : DatabaseConformance(() => Task.FromResult(TestDatabase.Sqlite()));
