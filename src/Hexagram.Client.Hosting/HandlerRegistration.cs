using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Client.Hosting;

/// <summary>Which class gets the messages of a client.</summary>
/// <param name="Name">The client.</param>
/// <param name="Begin">Registers it with the client; it makes the handlers in scopes.</param>
internal sealed record HandlerRegistration(string Name, Action<HexagramClient, IServiceScopeFactory> Begin)
{
    internal static HandlerRegistration Plain<THandler>(string name)
        where THandler : class, IMessageHandler => new(
            name,
            (client, scopes) => client.OnMessage(async (message, cancellationToken) =>
            {
                await using var scope = scopes.CreateAsyncScope();
                await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(message, cancellationToken);
            }));

    internal static HandlerRegistration Transactional<THandler>(string name)
        where THandler : class, ITransactionalMessageHandler => new(
            name,
            (client, scopes) => client.OnMessageInTransaction(async (message, transaction, cancellationToken) =>
            {
                await using var scope = scopes.CreateAsyncScope();
                await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(message, transaction, cancellationToken);
            }));
}
