using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Hexagram.Client.Hosting;

/// <summary>
/// Adds Hexagram clients to an application. Each is a singleton <see cref="HexagramClient"/>: opened before the application's other services start, without
/// waiting for the network, and disposed of after they have stopped. One without a name is injected as it is, one with a name as a keyed service.
/// </summary>
public static class HexagramClientServiceCollectionExtensions
{
    /// <summary>Adds a client whose settings are made in code.</summary>
    /// <exception cref="InvalidOperationException">There is one without a name already.</exception>
    public static HexagramClientBuilder AddHexagramClient(this IServiceCollection services, Action<HexagramClientSettings> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, Options.DefaultName).Configure(configure);
    }

    /// <summary>Adds a client whose settings stand in a section of the configuration, under the names of <see cref="HexagramClientSettings"/>.</summary>
    /// <exception cref="InvalidOperationException">There is one without a name already.</exception>
    public static HexagramClientBuilder AddHexagramClient(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, Options.DefaultName).Configure(settings => SettingsSection.Read(section, settings));
    }

    /// <summary>Adds a client that is injected with <c>[FromKeyedServices("<paramref name="name"/>")]</c>.</summary>
    /// <exception cref="InvalidOperationException">There is one of this name already.</exception>
    public static HexagramClientBuilder AddHexagramClient(this IServiceCollection services, string name, Action<HexagramClientSettings> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, name).Configure(configure);
    }

    /// <summary>The same with settings from a section of the configuration.</summary>
    /// <exception cref="InvalidOperationException">There is one of this name already.</exception>
    public static HexagramClientBuilder AddHexagramClient(this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, name).Configure(settings => SettingsSection.Read(section, settings));
    }

    private static HexagramClientBuilder Add(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        object? key = name == Options.DefaultName ? null : name;
        if (services.Any(service => service.ServiceType == typeof(HexagramClient) && Equals(service.ServiceKey, key)))
        {
            throw new InvalidOperationException($"{ClientNames.InWords(name)} was added already. Give each further client a name of its own.");
        }

        services.AddOptions<HexagramClientSettings>(name).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HexagramClientSettings>>(provider => new SettingsValidator(name, provider));
        services.AddKeyedSingleton(key, (provider, _) => Open(provider, name));
        services.AddSingleton<IHostedService>(provider => new ClientLifetime(provider, key, name));
        return new HexagramClientBuilder(services, name);
    }

    private static HexagramClient Open(IServiceProvider services, string name) =>
        HexagramClient.Open(services.GetRequiredService<IOptionsMonitor<HexagramClientSettings>>().Get(name).ToOptions(services, ClientNames.Category(name)));
}
