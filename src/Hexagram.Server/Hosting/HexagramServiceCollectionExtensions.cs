using Hexagram.Server.Authentication;
using Hexagram.Server.Authorization;
using Hexagram.Server.Cluster;
using Hexagram.Server.Configuration;
using Hexagram.Server.Gateway;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Gateway.Polling;
using Hexagram.Server.Gateway.WebSockets;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Sending;
using Hexagram.Server.Telemetry;
using Hexagram.Server.Upkeep;
using Hexagram.Storage;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hexagram.Server.Hosting;

/// <summary>Adds a Hexagram server to an application.</summary>
public static class HexagramServiceCollectionExtensions
{
    /// <summary>The parts of a configuration section that the store reads.</summary>
    private static readonly HashSet<string> OfStore = new(StringComparer.OrdinalIgnoreCase) { "Store:", "Postgres:" };

    /// <summary>
    /// Adds gateway, router, authentication and <see cref="IHexagram"/>. What comes back says the rest: the store, which must be chosen, and what the host wants
    /// to decide itself.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="change">Changes the default options: <c>options => options with { … }</c>.</param>
    /// <exception cref="OptionsValidationException">An option cannot work; the message names each.</exception>
    public static HexagramBuilder AddHexagram(this IServiceCollection services, Func<ServerOptions, ServerOptions>? change = null) =>
        services.AddHexagram(change?.Invoke(new ServerOptions()) ?? new ServerOptions());

    /// <inheritdoc cref="AddHexagram(IServiceCollection, Func{ServerOptions, ServerOptions})"/>
    /// <param name="services">The application's services.</param>
    /// <param name="section">A section of the application's configuration, with the settings of <c>docs/configuration.md</c>. Its parts <c>Store</c> and <c>Postgres</c> are left to the store.</param>
    /// <param name="change">Changes what was read.</param>
    public static HexagramBuilder AddHexagram(this IServiceCollection services, IConfiguration section, Func<ServerOptions, ServerOptions>? change = null)
    {
        var reader = new SettingsReader();
        var options = reader.Read(section, new ServerOptions(), OfStore);
        if (reader.Faults.Count > 0)
        {
            throw new OptionsValidationException(nameof(ServerOptions), typeof(ServerOptions), reader.Faults);
        }

        return services.AddHexagram(change?.Invoke(options) ?? options);
    }

    /// <inheritdoc cref="AddHexagram(IServiceCollection, Func{ServerOptions, ServerOptions})"/>
    /// <param name="services">The application's services.</param>
    /// <param name="options">What the server is told.</param>
    /// <param name="time">The clock of sessions and tokens; the system's by default. The router's engine keeps its own.</param>
    public static HexagramBuilder AddHexagram(this IServiceCollection services, ServerOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        if (services.Any(service => service.ServiceType == typeof(ServerOptions)))
        {
            throw new InvalidOperationException("AddHexagram was called twice: an application holds one Hexagram server.");
        }

        var validation = new ServerOptionsValidator().Validate(null, options);
        if (validation.Failed)
        {
            throw new OptionsValidationException(nameof(ServerOptions), typeof(ServerOptions), validation.Failures);
        }

        var clock = new ServerClock(time ?? TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(clock);
        services.TryAddSingleton<IMailboxStore>(static _ => throw new OptionsValidationException(
            nameof(ServerOptions),
            typeof(ServerOptions),
            ["No mailbox store is chosen. Say where messages are kept: AddHexagram(…).UseRocksDb(\"folder\"), UsePostgres(\"Host=…\") of Hexagram.AspNetCore.Postgres, or UseStore(…)."]));
        services.TryAddSingleton<IMessageAuthorizer, EveryoneMayWrite>();
        AddAuthentication(services, options);
        AddGateway(services, options);
        services.AddSingleton<IHexagram, DirectSender>();
        services.AddSingleton<IPostConfigureOptions<LoggerFilterOptions>, QuietEngine>();
        ClusterSilo.Add(services, options.Cluster);
        return new HexagramBuilder(services, options, clock.Time);
    }

    private static void AddAuthentication(IServiceCollection services, ServerOptions options)
    {
        services.TryAddSingleton(PrincipalUsers.ByClaim(options.Access.UserClaim));
        services.AddSingleton<HttpUser>();
        services.TryAddSingleton<ITokenAuthenticator>(Authenticator);
        if (options.Access.Tokens.KeySetUrl is not null)
        {
            services.AddSingleton(provider => new PublishedKeys(options.Access.Tokens, Time(provider), provider.GetRequiredService<ILogger<PublishedKeys>>()));
            services.AddHostedService(provider => provider.GetRequiredService<PublishedKeys>());
        }
    }

    private static void AddGateway(IServiceCollection services, ServerOptions options)
    {
        services.AddMetrics();
        services.AddSingleton<ServerMeter>();
        services.AddSingleton<MetricsText>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<Arrivals>();
        services.AddTransient<IStartupFilter>(static provider => provider.GetRequiredService<Arrivals>());
        services.AddSingleton(new RequestBudget(options.Bounds.RequestBytesInFlightTotalMax));
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<UserRoutes>();
        services.AddSingleton<SessionSurroundings>();
        services.AddSingleton<ListenerAddresses>();
        services.AddSingleton<ServerCertificate>();
        services.AddSingleton<PageRules>();
        services.AddSingleton<PollLeases>();
        services.AddSingleton<PollingGate>();
        services.AddHostedService<ListenerAnnouncement>();
        services.AddHostedService<SessionClock>();
        services.AddHostedService<Heartbeat>();
        services.AddHostedService<Forgetting>();
        services.AddHostedService<GatewayStop>();
    }

    private static TokenAuthenticator Authenticator(IServiceProvider services)
    {
        var access = services.GetRequiredService<ServerOptions>().Access;
        var own = access.SigningKeyFile is { } file ? new JwtAuthenticator(SigningKey.OpenOrCreate(file), Time(services)) : null;
        IProviderKeys? keys = access.Tokens switch
        {
            { KeySetUrl: not null } => services.GetRequiredService<PublishedKeys>(),
            { PublicKeyFile: { } path } => FileKeys.Open(path),
            _ => null,
        };
        var provider = keys is null ? null : new ProviderTokens(keys, access.Tokens, services.GetRequiredService<PrincipalUsers>(), Time(services));
        return new TokenAuthenticator(own, provider);
    }

    private static TimeProvider Time(IServiceProvider services) => services.GetRequiredService<ServerClock>().Time;
}
