using Hexagram.Client.Data.Tests.Databases;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace Hexagram.Client.Data.Tests.Databases;

/// <summary>One PostgreSQL server for all tests that do not break it, started by the first that asks.</summary>
public sealed class SharedServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgreSqlServer>> Server = new(() => PostgreSqlServer.StartNewAsync());

    internal static Task<PostgreSqlServer> StartedAsync() => Server.Value;

    public async ValueTask DisposeAsync()
    {
        if (Server.IsValueCreated)
        {
            await (await Server.Value).DisposeAsync();
        }
    }
}
