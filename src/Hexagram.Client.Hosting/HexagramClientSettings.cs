using Hexagram.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hexagram.Client.Hosting;

/// <summary>
/// What a client of an application is told, in code or in a section of its configuration. Checked when the application starts; everything else of
/// <see cref="HexagramClientOptions"/> is changed with <see cref="Adjust"/>.
/// </summary>
public sealed class HexagramClientSettings
{
    /// <summary>Where the server listens, such as <c>tcp://127.0.0.1:7000</c>. To be set.</summary>
    public Uri? Server { get; set; }

    /// <summary>What proves who the user is. Set this, <see cref="TokenFile"/> or <see cref="TokenProvider"/>.</summary>
    public string? Token { get; set; }

    /// <summary>A file that holds the token. Read again whenever the server wants another one, so it may be replaced.</summary>
    public string? TokenFile { get; set; }

    /// <summary>Asked for a token before the first connection, and again whenever the server wants another one. In code only.</summary>
    public Func<IServiceProvider, CancellationToken, ValueTask<string>>? TokenProvider { get; set; }

    /// <summary>The folder for outbox and inbox (<see cref="ClientStore.Sqlite"/>). Set this, <see cref="InMemory"/>, or a store in <see cref="Adjust"/>.</summary>
    public string? Folder { get; set; }

    /// <summary>Whether outbox and inbox are kept in memory alone (<see cref="ClientStore.InMemory"/>): for tests and throw-away programs.</summary>
    public bool InMemory { get; set; }

    /// <summary>Who the client is meant to be; see <see cref="HexagramClientOptions.User"/>.</summary>
    public string? User { get; set; }

    /// <summary>Which installation of the user this is; see <see cref="HexagramClientOptions.Device"/>.</summary>
    public string? Device { get; set; }

    /// <summary>Changes anything else, with <c>with</c>; runs last, once. In code only.</summary>
    public Func<IServiceProvider, HexagramClientOptions, HexagramClientOptions>? Adjust { get; set; }

    /// <summary>What was found wrong where these were read.</summary>
    internal List<string> Faults { get; } = [];

    /// <summary>What cannot be meant, each in a sentence; empty when a client can be opened with these.</summary>
    internal List<string> FindFaults()
    {
        var faults = new List<string>(Faults);
        if (Server is null && !faults.Exists(fault => fault.StartsWith(nameof(Server), StringComparison.Ordinal)))
        {
            faults.Add($"{nameof(Server)} is not set; it should look like tcp://127.0.0.1:7000.");
        }

        if (new object?[] { Token, TokenFile, TokenProvider }.Count(way => way is not null) != 1)
        {
            faults.Add($"Set one of {nameof(Token)}, {nameof(TokenFile)} and {nameof(TokenProvider)}.");
        }

        if (Folder is null == !InMemory && Adjust is null)
        {
            faults.Add($"Set {nameof(Folder)} to where outbox and inbox are kept, or {nameof(InMemory)} to true if they may be lost.");
        }

        Check(faults, nameof(User), User, text => _ = new UserId(text));
        Check(faults, nameof(Device), Device, text => _ = new DeviceId(text));
        return faults;
    }

    /// <summary>The options of the client. These have no fault.</summary>
    internal HexagramClientOptions ToOptions(IServiceProvider services, string category)
    {
        var options = new HexagramClientOptions
        {
            Server = Server!,
            Token = Token,
            TokenProvider = TokenFile is { } file ? cancellationToken => ReadTokenAsync(file, cancellationToken)
                : TokenProvider is { } provider ? cancellationToken => provider(services, cancellationToken)
                : null,
            Store = Folder is { } folder ? ClientStore.Sqlite(folder) : InMemory ? ClientStore.InMemory() : null!,
            User = User is { } user ? new UserId(user) : null,
            Device = Device is { } device ? new DeviceId(device) : null,
            Logger = services.GetService<ILoggerFactory>()?.CreateLogger(category) ?? NullLogger.Instance,
            TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System,
        };
        return Adjust is { } adjust ? adjust(services, options) : options;
    }

    private static async ValueTask<string> ReadTokenAsync(string file, CancellationToken cancellationToken) =>
        (await File.ReadAllTextAsync(file, cancellationToken)).Trim();

    private static void Check(List<string> faults, string name, string? text, Action<string> parse)
    {
        try
        {
            if (text is not null)
            {
                parse(text);
            }
        }
        catch (ArgumentException wrong)
        {
            faults.Add($"{name} is '{text}': {wrong.Message}");
        }
    }
}
