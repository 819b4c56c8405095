using Hexagram.Server.Gateway;
using Hexagram.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Runtime;

namespace Hexagram.Server.Health;

/// <summary>What a supervisor asks: does the process live, and can it serve?</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health/live", () => Results.Text("live\n"));
        endpoints.MapGet("/health/ready", (IMailboxStore store, ISiloStatusOracle silo, SessionRegistry registry) =>
            Unready(store, silo, registry) is { } reason
                ? Results.Text($"not ready: {reason}\n", statusCode: StatusCodes.Status503ServiceUnavailable)
                : Results.Text("ready\n"));
    }

    private static string? Unready(IMailboxStore store, ISiloStatusOracle silo, SessionRegistry registry) =>
        registry.IsDraining ? "the server is stopping"
        : store.Fault is not null ? "the store cannot be written"
        : silo.CurrentStatus != SiloStatus.Active ? "the router is not up"
        : null;
}
