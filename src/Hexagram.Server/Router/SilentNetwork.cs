using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Router;

/// <summary>
/// A silo that is alone has nobody to speak to, so it listens nowhere: no port to collide with another server's, nothing to attack.
/// Calls inside a silo do not pass through its network.
/// </summary>
internal sealed class SilentNetwork : IConnectionListenerFactory
{
    /// <summary>Takes the place of every listener of the silo. The silo's are registered by key, Kestrel's own is not.</summary>
    public static void UseFor(IServiceCollection services)
    {
        var listeners = services.Where(service => service.ServiceType == typeof(IConnectionListenerFactory) && service.IsKeyedService).ToList();
        foreach (var listener in listeners)
        {
            services.Remove(listener);
            services.AddKeyedSingleton<IConnectionListenerFactory>(listener.ServiceKey, new SilentNetwork());
        }
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new Listener(endpoint));

    private sealed class Listener(EndPoint endpoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _nobody = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            new(_nobody.Task.WaitAsync(cancellationToken));

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _nobody.TrySetResult(null);
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
