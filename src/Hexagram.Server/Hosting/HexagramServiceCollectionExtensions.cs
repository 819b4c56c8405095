using Hexagram.Server.Authentication;
using Hexagram.Server.Authorization;
using Hexagram.Server.Gateway;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Gateway.WebSockets;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Upkeep;
using Hexagram.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Hosting;

namespace Hexagram.Server.Hosting;

/// <summary>Adds a Hexagram server to an application.</summary>
public static class HexagramServiceCollectionExtensions
{
    /// <summary>
    /// Adds gateway, router and authentication. The host registers an <see cref="IMailboxStore"/>, and may register its own
    /// <see cref="ITokenAuthenticator"/> and <see cref="IMessageAuthorizer"/> before.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="options">What the server is told.</param>
    /// <param name="time">The clock of sessions and tokens; the system's by default. The router's engine keeps its own.</param>
    /// <exception cref="OptionsValidationException">An option cannot work; the message names each.</exception>
    public static IServiceCollection AddHexagram(this IServiceCollection services, ServerOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        var validation = new ServerOptionsValidator().Validate(null, options);
        if (validation.Failed)
        {
            throw new OptionsValidationException(nameof(ServerOptions), typeof(ServerOptions), validation.Failures);
        }

        services.AddSingleton(options);
        services.AddSingleton(new ServerClock(time ?? TimeProvider.System));
        services.TryAddSingleton<IMessageAuthorizer, EveryoneMayWrite>();
        services.TryAddSingleton(Authenticator);
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton(new RequestBudget(options.Bounds.RequestBytesInFlightTotalMax));
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<UserRoutes>();
        services.AddSingleton<SessionSurroundings>();
        services.AddSingleton<ListenerAddresses>();
        services.AddSingleton<ServerCertificate>();
        services.AddSingleton<PageRules>();
        services.AddHostedService<ListenerAnnouncement>();
        services.AddHostedService<SessionClock>();
        services.AddHostedService<Heartbeat>();
        services.AddHostedService<Forgetting>();
        services.AddHostedService<GatewayStop>();
        services.AddOrleans(silo =>
        {
            // The ports are names only: a single silo listens nowhere.
            silo.UseLocalhostClustering(gatewayPort: 0);
            SilentNetwork.UseFor(silo.Services);
        });
        return services;
    }

    private static ITokenAuthenticator Authenticator(IServiceProvider services)
    {
        var file = services.GetRequiredService<ServerOptions>().Access.SigningKeyFile
            ?? throw new OptionsValidationException(
                nameof(ServerOptions),
                typeof(ServerOptions),
                ["Access.SigningKeyFile is not set, and no ITokenAuthenticator is registered. Without one of the two nobody could connect."]);
        return new JwtAuthenticator(SigningKey.OpenOrCreate(file), services.GetRequiredService<ServerClock>().Time);
    }
}
