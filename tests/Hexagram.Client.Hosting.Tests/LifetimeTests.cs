using Hexagram.Client.Tests.Scripted;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hexagram.Client.Hosting.Tests;

/// <summary>A client begins and ends with its application.</summary>
public sealed class LifetimeTests : HostFixture
{
    [Fact]
    public async Task An_application_starts_without_the_network_and_sends_at_once()
    {
        Server.StopListening();
        await StartAsync(builder => builder.Services.AddHexagramClient(Plain));

        var sent = await Client.SendAsync("bob", "hello").Within();

        Assert.Equal(SentState.Waiting, sent.State);
        Assert.Equal([sent], Client.ListOutbox());
    }

    [Fact]
    public async Task The_store_is_open_before_any_service_starts_and_until_the_last_has_stopped()
    {
        await StartAsync(builder =>
        {
            // Registered before the client, so it is started before and stopped after everything that was registered later.
            builder.Services.AddSingleton<SendsAtBothEnds>();
            builder.Services.AddHostedService(services => services.GetRequiredService<SendsAtBothEnds>());
            builder.Services.AddHexagramClient(Plain);
        });
        var client = Client;

        await Host.StopAsync().Within();

        Assert.Equal(["start", "stop"], Host.Services.GetRequiredService<SendsAtBothEnds>().Sent);
        Assert.Equal(StopCause.Disposed, Assert.IsType<ConnectionState.Stopped>(client.State).Cause);
        await using var again = await HexagramClient.OpenAsync(new HexagramClientOptions { Server = Server.Address, Token = "token", Store = ClientStore.Sqlite(FolderPath) });
        Assert.Equal(2, again.ListOutbox().Count);
    }

    [Fact]
    public async Task Messages_come_while_all_services_run_and_one_that_is_cut_off_by_the_stop_comes_again()
    {
        var begun = new TaskCompletionSource();
        await StartAsync(builder =>
        {
            builder.Services.AddSingleton(begun);
            builder.Services.AddHexagramClient(Plain).AddHandler<WaitsForTheStop>();
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await begun.Task.Within();

        await Host.StopAsync().Within();

        Assert.DoesNotContain(await server.ReadToEndAsync(), packet => packet is AckRequest);
    }

    [Fact]
    public async Task A_store_that_is_in_use_fails_the_start()
    {
        await using var other = await HexagramClient.OpenAsync(new HexagramClientOptions { Server = Server.Address, Token = "token", Store = ClientStore.Sqlite(FolderPath) });
        await Assert.ThrowsAsync<ClientStoreException>(() => StartAsync(builder => builder.Services.AddHexagramClient(Plain)));
    }

    [Fact]
    public async Task What_the_client_logs_goes_to_the_applications_log()
    {
        await StartAsync(builder =>
        {
            builder.Services.AddHexagramClient(Plain);
            builder.Services.AddHexagramClient("alerts", settings =>
            {
                Plain(settings);
                settings.Folder = null;
                settings.InMemory = true;
            });
        });
        await Server.WelcomeAsync();
        await Server.WelcomeAsync();
        await Client.WhenConnectedAsync().Within();
        await Host.Services.GetRequiredKeyedService<HexagramClient>("alerts").WhenConnectedAsync().Within();
        Assert.Contains(Logs.Lines, line => line.Category == "Hexagram.Client" && line.Text.StartsWith("Connected as alice", StringComparison.Ordinal));
        Assert.Contains(Logs.Lines, line => line.Category == "Hexagram.Client.alerts" && line.Text.StartsWith("Connected as alice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task That_a_client_has_stopped_for_good_is_logged_as_an_error_of_the_application()
    {
        await StartAsync(builder => builder.Services.AddHexagramClient(Plain));
        var server = await Server.WelcomeAsync();
        await server.SendAsync(new Goodbye(ErrorCode.Superseded, "another copy", TimeSpan.Zero));
        await Client.WhenAsync<ConnectionState.Stopped>();
        Assert.Contains(Logs.Lines, line => line.Text.StartsWith("The client has stopped", StringComparison.Ordinal) && line.Text.Contains("another copy", StringComparison.Ordinal));
    }

    private sealed class SendsAtBothEnds(IServiceProvider services) : IHostedService
    {
        internal List<string> Sent { get; } = [];

        public Task StartAsync(CancellationToken cancellationToken) => SendAsync("start");

        public Task StopAsync(CancellationToken cancellationToken) => SendAsync("stop");

        private async Task SendAsync(string text)
        {
            await services.GetRequiredService<HexagramClient>().SendAsync("bob", text).Within();
            Sent.Add(text);
        }
    }

    private sealed class WaitsForTheStop(TaskCompletionSource begun) : IMessageHandler
    {
        public Task HandleAsync(Message message, CancellationToken cancellationToken)
        {
            begun.SetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
