using Hexagram.AspNetCore.Postgres.Tests;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace Hexagram.AspNetCore.Postgres.Tests;

/// <summary>One PostgreSQL server for all tests, which does not sync: nobody cuts its power.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private PostgreSqlServer? _server;

    public async ValueTask InitializeAsync() => _server = await PostgreSqlServer.StartNewAsync("fsync=off");

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A database of the test's own.</summary>
    internal string NewDatabase() => _server!.NewDatabase();
}
