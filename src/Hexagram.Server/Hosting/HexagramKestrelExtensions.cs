using Hexagram.Server.Authentication;
using Hexagram.Server.Gateway.Tcp;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hexagram.Server.Hosting;

/// <summary>Lets Kestrel listen for Hexagram.</summary>
public static class HexagramKestrelExtensions
{
    /// <summary>Listens on the addresses of <see cref="Options.ListenerOptions"/>: the binary protocol on one, HTTP on the other.</summary>
    /// <exception cref="OptionsValidationException">Nobody could connect there: nothing says which tokens are valid.</exception>
    public static void ListenHexagram(this KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        if (kestrel.ApplicationServices.GetRequiredService<ITokenAuthenticator>() is TokenAuthenticator { TakesNone: true })
        {
            // Over TCP a token is the only way in.
            throw new OptionsValidationException(
                nameof(ServerOptions),
                typeof(ServerOptions),
                ["Nobody could connect: set Access.SigningKeyFile, Access.Tokens.PublicKeyFile or Access.Tokens.KeySetUrl, or register an ITokenAuthenticator."]);
        }

        kestrel.ApplicationServices.GetRequiredService<ListenerAddresses>()
            .ListenOn(kestrel, listen => listen.UseConnectionHandler<TcpConnectionHandler>());
    }
}
