using System.Data.Common;
using Hexagram.Client.Data.Stores;
using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Data.Tests;

/// <summary>Commits whose answer never comes.</summary>
public sealed class CommitTests
{
    /// <summary>The session ends between the commit's arrival at the server and its answer, or just before it arrives: the client sees the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_whose_answer_is_lost_is_looked_up_and_neither_lost_nor_repeated(bool hasArrived)
    {
        using var database = await TestDatabase.PostgreSqlAsync();
        var sessions = new SessionSource(database.DataSource, database.Dialect, "app", TimeSpan.FromSeconds(5));
        sessions.Open();
        await using var writer = new DatabaseWriter(sessions);
        writer.Start();
        var transaction = await writer.BeginTransactionAsync([DatabaseStatements.SetUser("app", new UserId("alice"))]).Within();
        if (hasArrived)
        {
            Execute(transaction.Session.Connection, "COMMIT");
        }

        EndSession(database, transaction.Session.Connection);
        Assert.Equal(hasArrived, await OutcomeAsync(transaction.CommitAsync()).Within());
        Assert.Equal(hasArrived ? "alice" : DBNull.Value, database.Scalar("SELECT user_id FROM hexagram_client"));

        await writer.WriteAsync(DatabaseStatements.SetUser("app", new UserId("bob"))).Within();
        Assert.Equal("bob", database.Scalar("SELECT user_id FROM hexagram_client"));
    }

    private static async Task<bool> OutcomeAsync(Task<bool> commit)
    {
        try
        {
            return await commit;
        }
        catch (ClientStoreException)
        {
            // Nothing of it is there.
            return false;
        }
    }

    private static void EndSession(TestDatabase database, DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT pg_backend_pid()";
        var session = command.ExecuteScalar();
        Assert.Equal(true, database.Scalar($"SELECT pg_terminate_backend({session}, 5000)"));
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
