using Hexagram.Storage.Postgres.Tests;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>
/// One PostgreSQL server for all tests that do not break it, started by the first that asks. It does not sync, for nobody cuts its power; those that are about
/// crashes have servers of their own.
/// </summary>
public sealed class SharedServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgreSqlServer>> Server = new(() => PostgreSqlServer.StartNewAsync("fsync=off"));

    internal static Task<PostgreSqlServer> StartedAsync() => Server.Value;

    public async ValueTask DisposeAsync()
    {
        if (Server.IsValueCreated)
        {
            await (await Server.Value).DisposeAsync();
        }
    }
}
