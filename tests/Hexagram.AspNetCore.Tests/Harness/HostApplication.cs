using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.AspNetCore.Tests.Harness;

/// <summary>An ASP.NET Core application with a Hexagram server in it, on a port that the system assigns, with its data in a folder of its own.</summary>
internal sealed class HostApplication : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-host-").FullName;
    private WebApplication? _application;

    private HostApplication()
    {
    }

    /// <summary>The clock of sessions and tokens.</summary>
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public Uri Address => new(_application!.Urls.Single());

    public IServiceProvider Services => _application!.Services;

    public static async Task<HostApplication> StartAsync(Action<HexagramBuilder>? hexagram = null, ServerOptions? options = null)
    {
        var host = new HostApplication();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthentication(HeaderAuthentication.Name).AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>(HeaderAuthentication.Name, null);
        var added = builder.Services.AddHexagram(options ?? new(), host.Time).UseRocksDb(Path.Combine(host._folder, "mailboxes"), store => store with { DiskReserveBytes = 0 });
        hexagram?.Invoke(added);
        host._application = builder.Build();
        host._application.MapHexagram("/v1");
        await host._application.StartAsync().WaitAsync(PacketSocket.Patience);
        return host;
    }

    /// <summary>A connection whose request says these claims; see <see cref="HeaderAuthentication"/>.</summary>
    public Task<PacketSocket> ConnectAsync(string? claims = null) =>
        PacketSocket.ConnectAsync(Address, request => request.SetRequestHeader(HeaderAuthentication.Header, claims));

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            // Lingering connections wait on the test's clock.
            using var clock = new Timer(_ => Time.Advance(TimeSpan.FromSeconds(1)), null, 0, 20);
            await _application.DisposeAsync().AsTask().WaitAsync(PacketSocket.Patience);
        }

        Directory.Delete(_folder, recursive: true);
    }
}
