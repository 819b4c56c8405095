using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hexagram.Client.Hosting;

/// <summary>Says more about a client that was added to an application.</summary>
public sealed class HexagramClientBuilder
{
    internal HexagramClientBuilder(IServiceCollection services, string name)
    {
        Services = services;
        Name = name;
    }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The key of the client; empty for the one that has none.</summary>
    public string Name { get; }

    /// <summary>Changes the settings, after what was said before.</summary>
    public HexagramClientBuilder Configure(Action<HexagramClientSettings> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.Configure(Name, configure);
        return this;
    }

    /// <summary>
    /// Has every message handled by a <typeparamref name="THandler"/>, made in a scope per message. It begins when all services of the application have started, and
    /// ends before the first of them is stopped.
    /// </summary>
    /// <exception cref="InvalidOperationException">The client has a handler already.</exception>
    public HexagramClientBuilder AddHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : class, IMessageHandler
    {
        Services.TryAddScoped<THandler>();
        return Add(HandlerRegistration.Plain<THandler>(Name));
    }

    /// <summary>As <see cref="AddHandler{THandler}"/>, each message in a transaction of the client's store; it cannot be one in memory.</summary>
    /// <exception cref="InvalidOperationException">The client has a handler already.</exception>
    public HexagramClientBuilder AddTransactionalHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : class, ITransactionalMessageHandler
    {
        Services.TryAddScoped<THandler>();
        return Add(HandlerRegistration.Transactional<THandler>(Name));
    }

    private HexagramClientBuilder Add(HandlerRegistration registration)
    {
        if (Services.Any(service => service.ImplementationInstance is HandlerRegistration other && other.Name == Name))
        {
            throw new InvalidOperationException($"{ClientNames.InWords(Name)} has a handler already; one handler gets all messages in order.");
        }

        Services.AddSingleton(registration);
        return this;
    }
}
