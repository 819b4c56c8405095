using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hexagram.Cli.Serving;
using Hexagram.Cli.Texts;
using Hexagram.Client;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;

namespace Hexagram.Cli.Clients;

/// <summary>Who <c>send</c> and <c>receive</c> are, whom they talk to, and where they keep what they must not forget.</summary>
internal sealed record ClientSettings
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    /// <summary>The user.</summary>
    public required UserId User { get; init; }

    /// <summary>The server.</summary>
    public required Uri Server { get; init; }

    /// <summary>Who may sign the server's certificate; null: whom this machine trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The folder of outbox and inbox.</summary>
    public required string StateFolder { get; init; }

    /// <summary>A token that was given; null when tokens are made with <see cref="TokenIssuer"/>.</summary>
    public string? Token { get; init; }

    /// <summary>Makes tokens with the key of the local server; null when one was given.</summary>
    public TokenIssuer? TokenIssuer { get; init; }

    /// <summary>What the command line says, with what it leaves out taken from the environment and the defaults.</summary>
    /// <param name="role"><c>send</c> or <c>receive</c>: each has a state, and with it a device, of its own.</param>
    /// <param name="user">Who it is.</param>
    /// <param name="options">The options as they were given; null for those that were not.</param>
    /// <param name="surroundings">The process.</param>
    /// <exception cref="CommandFailure">They cannot be meant, or the local server's key is not there.</exception>
    public static ClientSettings Resolve(string role, UserId user, ClientOptions options, Surroundings surroundings)
    {
        if (options is { Token: not null, Data: not null })
        {
            throw CommandFailure.Usage("--token and --data are both given; one says who you are, the other where the key for that is. Use one of them.");
        }

        var server = options.Server ?? ServerFrom(surroundings.Variable("HEXAGRAM__SERVER"));
        var token = options.Token ?? (options.Data is null ? surroundings.Variable("HEXAGRAM__TOKEN") : null);
        return new ClientSettings
        {
            User = user,
            Server = server,
            Authorities = Read(options.Authorities ?? surroundings.Variable("HEXAGRAM__CA"), server),
            StateFolder = options.State is { } state ? Path.GetFullPath(state) : Clients.StateFolder.Default(surroundings.Variable, server, user, role),
            Token = token,
            TokenIssuer = token is null ? new TokenIssuer(DataFolder.At(options.Data, surroundings).OpenKey(), surroundings.Time) : null,
        };
    }

    /// <summary>The client's options, without those that only one of the commands has.</summary>
    public HexagramClientOptions ToOptions(Surroundings surroundings) => new()
    {
        Server = Server,
        TrustedAuthorities = Authorities,
        User = User,
        Token = Token,
        TokenProvider = TokenIssuer is { } issuer ? _ => new ValueTask<string>(issuer.Issue(User, TokenLifetime)) : null,
        Store = ClientStore.Sqlite(StateFolder),
        Software = $"hexagram/{CommandLine.HexagramCommandLine.Version}",
        TimeProvider = surroundings.Time,
    };

    private static X509Certificate2Collection? Read(string? file, Uri server)
    {
        if (file is null)
        {
            return null;
        }

        if (server.Scheme is not ("tcps" or "wss" or "https"))
        {
            throw CommandFailure.Usage($"{server} is not encrypted, so no certificate is looked at. Use tcps://, wss:// or https://, or leave out --ca.");
        }

        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            return authorities.Count > 0 ? authorities : throw CommandFailure.Usage($"There is no certificate in {Path.GetFullPath(file)}; it should be a PEM file.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw CommandFailure.Usage($"The certificates in {Path.GetFullPath(file)} cannot be read: {fault.Message}");
        }
    }

    private static Uri ServerFrom(string? variable) =>
        ServerAddress.TryParse(variable ?? "127.0.0.1:7000", out var server)
            ? server
            : throw CommandFailure.Usage($"HEXAGRAM__SERVER is '{variable}'; {ServerAddress.Form}.");
}

/// <summary>The options of <c>send</c> and <c>receive</c> as they were given; null for those that were not.</summary>
internal sealed record ClientOptions(Uri? Server, string? Data, string? Token, string? State, string? Authorities = null);
