using Hexagram.Server.Health;
using Microsoft.AspNetCore.Routing;

namespace Hexagram.Server.Hosting;

/// <summary>What a Hexagram server answers over HTTP.</summary>
public static class HexagramEndpointExtensions
{
    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>: 200, or 503 and the reason.</summary>
    public static IEndpointRouteBuilder MapHexagram(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        HealthEndpoints.Map(endpoints);
        return endpoints;
    }
}
