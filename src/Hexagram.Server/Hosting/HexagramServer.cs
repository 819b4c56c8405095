using System.Net;
using Hexagram.Server.Options;
using Hexagram.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hexagram.Server.Hosting;

/// <summary>
/// A whole server in one object: what a program needs that wants to run one and nothing else. An ASP.NET Core application of its own uses
/// <see cref="HexagramServiceCollectionExtensions"/>, <see cref="HexagramKestrelExtensions.ListenHexagram"/> and
/// <see cref="HexagramEndpointExtensions.MapHexagram"/> instead.
/// </summary>
public sealed class HexagramServer : IAsyncDisposable
{
    /// <summary>A stopping server has ended by then, whatever its clients do; supervisors kill after 5 s and more.</summary>
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(4.5);

    /// <summary>Bytes that Kestrel reads ahead of a session. A session that stops reading costs this much and no more.</summary>
    private const int ReadAheadBytesMax = 256 << 10;

    private HexagramServer(WebApplication application) => Application = application;

    /// <summary>The application underneath.</summary>
    public WebApplication Application { get; }

    /// <summary>Where the binary protocol is spoken; the port is known once the server has started.</summary>
    public IPEndPoint Tcp => Application.Services.GetRequiredService<ListenerAddresses>().Tcp;

    /// <summary>Where HTTP is spoken, if anywhere; the port is known once the server has started.</summary>
    public IPEndPoint? Http => Application.Services.GetRequiredService<ListenerAddresses>().Http;

    /// <summary>Puts a server together. Nothing listens until <see cref="StartAsync"/>.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="store">Makes its store, which the server then owns and disposes last.</param>
    /// <param name="configure">Changes what else the host wants changed: logging, an authorizer.</param>
    /// <param name="time">The clock of sessions and tokens; the system's by default.</param>
    /// <param name="complete">Says what the server is made of beside the store: the members of its cluster.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option cannot work; the message names each.</exception>
    public static HexagramServer Build(
        ServerOptions options,
        Func<IServiceProvider, IMailboxStore> store,
        Action<WebApplicationBuilder>? configure = null,
        TimeProvider? time = null,
        Action<HexagramBuilder>? complete = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopMax);
        builder.Services.AddSingleton(store);
        configure?.Invoke(builder);
        var hexagram = builder.Services.AddHexagram(options, time);
        complete?.Invoke(hexagram);
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.MaxReadBufferSize = ReadAheadBytesMax;

            // A session reads and writes without waiting for anything, so it may run where the socket's news arrive: two thread hops less per packet.
            sockets.UnsafePreferInlineScheduling = true;
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenHexagram();
        });
        var application = builder.Build();
        application.MapHexagram();
        if (options.Metrics.Expose == MetricsExposure.Always
            || (options.Metrics.Expose == MetricsExposure.Loopback && options.Listen.Http is { } http && IPAddress.IsLoopback(http.Address)))
        {
            application.MapHexagramMetrics();
        }

        return new HexagramServer(application);
    }

    /// <summary>Opens the store, starts the router and listens.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        // A store or a key that cannot be opened is told here, before anything listens.
        _ = Application.Services.GetRequiredService<IMailboxStore>();
        _ = Application.Services.GetRequiredService<Authentication.ITokenAuthenticator>();
        return Application.StartAsync(cancellationToken);
    }

    /// <summary>Completes when the server has been asked to stop and has stopped.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken = default) => Application.WaitForShutdownAsync(cancellationToken);

    /// <summary>Stops gracefully: what has been accepted is finished and answered, clients hear Goodbye.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => Application.StopAsync(cancellationToken);

    /// <summary>Stops if need be, and closes the store.</summary>
    public ValueTask DisposeAsync() => Application.DisposeAsync();
}
