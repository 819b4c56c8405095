using System.Diagnostics.CodeAnalysis;
using Hexagram.Server.Gateway.Polling;
using Hexagram.Server.Gateway.WebSockets;
using Hexagram.Server.Health;
using Hexagram.Server.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Hosting;

/// <summary>What a Hexagram server answers over HTTP.</summary>
public static class HexagramEndpointExtensions
{
    /// <summary>Where version 1 of the protocol is spoken over HTTP, unless the host chooses another place.</summary>
    public const string Prefix = "/v1";

    /// <summary>
    /// Maps the WebSocket endpoint <c>{prefix}/ws</c>; those of long polling, <c>{prefix}/poll</c>, <c>{prefix}/messages</c>, <c>{prefix}/status</c> and their description
    /// <c>{prefix}/openapi.json</c>; and <c>/health/live</c> and <c>/health/ready</c>: 200, or 503 and the reason.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">What the path of every endpoint of the protocol begins with.</param>
    /// <returns>The endpoints of the protocol, without those of health.</returns>
    public static RouteGroupBuilder MapHexagram(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix = Prefix)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        HealthEndpoints.Map(endpoints);
        var group = endpoints.MapGroup(prefix);
        var webSockets = ActivatorUtilities.CreateInstance<WebSocketEndpoint>(endpoints.ServiceProvider);

        // HTTP/2 opens a WebSocket with CONNECT (RFC 8441).
        group.MapMethods("/ws", [HttpMethods.Get, HttpMethods.Connect], webSockets.AcceptAsync);
        ActivatorUtilities.CreateInstance<PollingEndpoints>(endpoints.ServiceProvider).Map(group, prefix);
        return group;
    }

    /// <summary>
    /// Maps what the server counts, in the text format of Prometheus. Whoever asks may read it, foreign web pages excepted; an application that wants it otherwise
    /// says so on what is returned.
    /// </summary>
    public static RouteHandlerBuilder MapHexagramMetrics(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string path = "/metrics")
    {
        ArgumentNullException.ThrowIfNull(endpoints);

        // Made here rather than for the first reader, so that it misses nothing that is recorded before.
        var metrics = endpoints.ServiceProvider.GetRequiredService<MetricsText>();
        return endpoints.MapGet(path, () => Results.Text(metrics.Read(), MetricsText.ContentType)).RefuseForeignPages();
    }

    /// <summary>
    /// Refuses what a foreign web page asks of these endpoints, with 403: for answers that only pages of this server, or of
    /// <see cref="Options.BrowserOptions.AllowedOrigins"/>, may read, such as a token. The protocol's own endpoints look after themselves.
    /// </summary>
    public static TBuilder RefuseForeignPages<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.Finally(endpoint =>
        {
            var pages = endpoint.ApplicationServices.GetRequiredService<PageRules>();
            var answer = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context => pages.RefusalOfPage(context) is { } refusal ? PageRules.RefuseAsync(context, refusal) : answer(context);
        });
        return endpoints;
    }
}
