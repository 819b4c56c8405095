using System.Data.Common;

namespace Hexagram.Client.Data.Stores;

/// <summary>Statements outside of a transaction, or in one that is given.</summary>
internal static class DirectStatements
{
    internal static int Execute(this DbConnection connection, string sql, DbTransaction? transaction = null)
    {
        using var command = new Statement(sql).ToCommand(connection, transaction);
        return command.ExecuteNonQuery();
    }

    internal static object? Scalar(this DbConnection connection, string sql, params (string Name, object? Value)[] values) =>
        connection.Scalar(new Statement(sql, values), null);

    internal static object? Scalar(this DbConnection connection, Statement statement, DbTransaction? transaction)
    {
        using var command = statement.ToCommand(connection, transaction);
        return command.ExecuteScalar() is var value and not DBNull ? value : null;
    }
}
