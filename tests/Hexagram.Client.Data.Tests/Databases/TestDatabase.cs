using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Hexagram.Client.Data.Tests.Databases;

/// <summary>A fresh database of one test: a schema of the server's, or a file.</summary>
public sealed class TestDatabase : IDisposable
{
    private readonly string? _folder;

    private TestDatabase(SqlDialect dialect, string connectionString, string? folder)
    {
        Dialect = dialect;
        ConnectionString = connectionString;
        _folder = folder;
        DataSource = Open(dialect, connectionString);
    }

    internal SqlDialect Dialect { get; }

    internal string ConnectionString { get; }

    internal DbDataSource DataSource { get; }

    internal static async Task<TestDatabase> PostgreSqlAsync() => new(SqlDialect.PostgreSql, (await SharedServer.StartedAsync()).NewSchema(), null);

    internal static TestDatabase PostgreSql(PostgreSqlServer server) => new(SqlDialect.PostgreSql, server.NewSchema(), null);

    /// <summary>One that holds nothing else.</summary>
    internal static async Task<TestDatabase> EmptyAsync(bool postgreSql) =>
        postgreSql ? new(SqlDialect.PostgreSql, (await SharedServer.StartedAsync()).NewDatabase(), null) : Sqlite();

    internal static TestDatabase Sqlite()
    {
        var folder = Directory.CreateTempSubdirectory("hexagram-data-").FullName;
        return new(SqlDialect.Sqlite, $"Data Source={Path.Combine(folder, "app.db")};Pooling=False", folder);
    }

    internal static Task<TestDatabase> OfAsync(bool postgreSql) => postgreSql ? PostgreSqlAsync() : Task.FromResult(Sqlite());

    internal static DbDataSource Open(SqlDialect dialect, string connectionString) =>
        dialect == SqlDialect.PostgreSql ? NpgsqlDataSource.Create(connectionString) : SqliteFactory.Instance.CreateDataSource(connectionString);

    internal DatabaseClientStore Store(string name = "app") => new(DataSource, Dialect, name) { PollInterval = TimeSpan.FromMilliseconds(20), OwnerPatience = TimeSpan.FromSeconds(1) };

    internal void Execute(string sql)
    {
        using var connection = DataSource.OpenConnection();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    internal object? Scalar(string sql)
    {
        using var connection = DataSource.OpenConnection();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    internal List<T> Read<T>(string sql, Func<DbDataReader, T> read)
    {
        using var connection = DataSource.OpenConnection();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        var rows = new List<T>();
        while (row.Read())
        {
            rows.Add(read(row));
        }

        return rows;
    }

    public void Dispose()
    {
        DataSource.Dispose();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
