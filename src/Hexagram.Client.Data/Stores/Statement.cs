using System.Data.Common;

namespace Hexagram.Client.Data.Stores;

/// <summary>One statement and its values.</summary>
internal sealed record Statement(string Sql, params (string Name, object? Value)[] Values)
{
    internal void AddTo(DbParameterCollection parameters, Func<DbParameter> create)
    {
        foreach (var (name, value) in Values)
        {
            var parameter = create();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            parameters.Add(parameter);
        }
    }

    internal DbCommand ToCommand(DbConnection connection, DbTransaction? transaction)
    {
        var command = connection.CreateCommand();
        command.CommandText = Sql;
        command.Transaction = transaction;
        AddTo(command.Parameters, command.CreateParameter);
        return command;
    }
}
