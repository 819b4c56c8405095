using System.Security.Claims;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Authorization;
using Hexagram.Server.Options;
using Hexagram.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Hosting;

/// <summary>
/// Says what a Hexagram server in an application is made of; returned by <c>AddHexagram</c>. All of it is services of the application: whoever
/// registers one of these interfaces by hand, before or after, has the same effect, and of two the later counts.
/// </summary>
public sealed class HexagramBuilder
{
    internal HexagramBuilder(IServiceCollection services, ServerOptions options, TimeProvider time) => (Services, Options, Time) = (services, options, time);

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>What the server is told; checked.</summary>
    public ServerOptions Options { get; }

    /// <summary>The server's clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Where messages are kept. The application opens the store when it starts, and disposes of it last.</summary>
    public HexagramBuilder UseStore(Func<IServiceProvider, IMailboxStore> store)
    {
        Services.AddSingleton(store);
        return this;
    }

    /// <summary>
    /// Who a request is that the host has authenticated, or the bearer of an identity provider's token; null for a principal that is no user here. In
    /// place of <see cref="AccessOptions.UserClaim"/>. Called from many threads at once.
    /// </summary>
    public HexagramBuilder IdentifyUsers(Func<ClaimsPrincipal, UserId?> userOf)
    {
        Services.AddSingleton(new PrincipalUsers(userOf));
        return this;
    }

    /// <summary>Checks the tokens of Hellos in place of the server, which then takes none of its own.</summary>
    public HexagramBuilder AuthenticateTokens<TAuthenticator>()
        where TAuthenticator : class, ITokenAuthenticator
    {
        Services.AddSingleton<ITokenAuthenticator, TAuthenticator>();
        return this;
    }

    /// <summary>Who may write to whom; see <see cref="IMessageAuthorizer"/>. By default everyone to everyone.</summary>
    public HexagramBuilder AuthorizeMessages(Func<Correspondence, CancellationToken, ValueTask<AuthorizationResult>> rule)
    {
        Services.AddSingleton<IMessageAuthorizer>(new AuthorizerOfRule(rule));
        return this;
    }

    /// <inheritdoc cref="AuthorizeMessages(Func{Correspondence, CancellationToken, ValueTask{AuthorizationResult}})"/>
    public HexagramBuilder AuthorizeMessages<TAuthorizer>()
        where TAuthorizer : class, IMessageAuthorizer
    {
        Services.AddSingleton<IMessageAuthorizer, TAuthorizer>();
        return this;
    }
}
