using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Hexagram.Server.Gateway;

/// <summary>
/// Counts the connections of the server's own listeners from their first moment, so that neither a handshake that is not finished nor a request that is not made
/// costs more than a Hello that is not said. Thread-safe.
/// </summary>
internal sealed class Arrivals(SessionRegistry registry, ServerOptions options, ServerClock clock) : IStartupFilter
{
    /// <summary>In front of TLS, and of HTTP.</summary>
    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        var arrival = new Arrival(connection, clock.Time.GetTimestamp());
        connection.Features.Set(arrival);
        registry.Arrive(arrival, options.Bounds);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            registry.Leave(arrival);
        }
    };

    /// <summary>Behind both: it has come through, and is counted no longer, or as the session that it has become.</summary>
    public void CameThrough(IFeatureCollection features)
    {
        if (features.Get<Arrival>() is { } arrival)
        {
            registry.Leave(arrival);
        }
    }

    /// <summary>Before all else of the application: whatever is asked, something is.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        application.Use((context, rest) =>
        {
            CameThrough(context.Features);
            return rest(context);
        });
        next(application);
    };
}
