using Hexagram.Client.Tests.Scripted;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Hosting.Tests;

/// <summary>A scripted server, a folder, and the host of one test.</summary>
public abstract class HostFixture : IAsyncDisposable
{
    private readonly Folder _folder = new();
    private IHost? _host;

    private protected ScriptedServer Server { get; } = new();

    private protected LogLines Logs { get; } = new();

    private protected string FolderPath => _folder.Path;

    private protected IHost Host => _host!;

    private protected HexagramClient Client => Host.Services.GetRequiredService<HexagramClient>();

    /// <summary>Settings of a client that finds the scripted server.</summary>
    private protected void Plain(HexagramClientSettings settings)
    {
        settings.Server = Server.Address;
        settings.Token = "token";
        settings.Folder = FolderPath;
        settings.Adjust = (_, options) => options with
        {
            CloseTimeout = TimeSpan.Zero,
            HandlerRetry = new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)),
        };
    }

    private protected async Task<IHost> StartAsync(Action<HostApplicationBuilder> configure)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(Logs);
        configure(builder);
        _host = builder.Build();
        await _host.StartAsync().Within();
        return _host;
    }

    /// <summary>The first connection whose Hello asks for messages, welcomed.</summary>
    private protected async Task<ScriptedConnection> ReceivingAsync()
    {
        while (true)
        {
            var server = await Server.WelcomeAsync();
            if (server.Hello.Window > 0)
            {
                return server;
            }
        }
    }

    private protected static MessageNotify Notify(long sequence, string text) => new(
        new Sequence(sequence),
        MessageId.New(ScriptedConnection.PlainWelcome.ServerTime),
        new UserId("bob"),
        ScriptedConnection.PlainWelcome.ServerTime,
        text,
        Redelivered: false);

    public async ValueTask DisposeAsync()
    {
        if (_host is { } host && !host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.IsCancellationRequested)
        {
            await host.StopAsync().Within();
        }

        _host?.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
