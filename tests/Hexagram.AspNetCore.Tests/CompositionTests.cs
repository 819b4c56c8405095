using Hexagram.AspNetCore.Tests.Harness;
using Hexagram.Protocol;
using Hexagram.Server;
using Hexagram.Server.Authentication;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hexagram.AspNetCore.Tests;

/// <summary>How a server gets into an application, and what is said when it cannot.</summary>
public sealed class CompositionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-composition-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_section_of_the_configuration_says_everything()
    {
        var builder = NewBuilder(new()
        {
            ["Hexagram:Bounds:BodyBytesMax"] = "5",
            ["Hexagram:Access:SigningKeyFile"] = Path.Combine(_folder, "token.key"),
            ["Hexagram:Store:Folder"] = Path.Combine(_folder, "mailboxes"),
            ["Hexagram:Store:DiskReserveBytes"] = "0",
            ["Hexagram:Horizon"] = "40d",
        });
        var section = builder.Configuration.GetSection("Hexagram");
        builder.Services.AddHexagram(section, options => options with { ForgetEvery = TimeSpan.FromHours(2) }).UseRocksDb(section.GetSection("Store"));
        await using var application = builder.Build();
        application.MapHexagram("/v1");
        await application.StartAsync();

        var options = application.Services.GetRequiredService<ServerOptions>();
        Assert.Equal((5, TimeSpan.FromDays(40), TimeSpan.FromHours(2)), (options.Bounds.BodyBytesMax, options.Horizon, options.ForgetEvery));
        Assert.True(Directory.Exists(Path.Combine(_folder, "mailboxes")));
        using var alice = await PacketSocket.ConnectAsync(new Uri(application.Urls.Single()));
        var token = new TokenIssuer(SigningKey.Open(Path.Combine(_folder, "token.key")), TimeProvider.System).Issue(new("alice"), TimeSpan.FromMinutes(1));
        var welcome = await alice.HelloAsync(PacketSocket.Hello(window: 0, token));
        Assert.Equal((new UserId("alice"), 5, TimeSpan.FromDays(40)), (welcome.User, welcome.Limits.BodyBytesMax, welcome.Limits.Horizon));
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("Information", 1)]
    public async Task The_engine_of_the_router_fills_the_applications_log_only_when_asked_to(string? level, int least)
    {
        var builder = NewBuilder(level is null ? [] : new() { ["Logging:LogLevel:Orleans"] = level });
        var logged = new CategoryLog();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Information).AddProvider(logged);
        builder.Services.AddHexagram().UseRocksDb(Path.Combine(_folder, "mailboxes"), store => store with { DiskReserveBytes = 0 });
        await using var application = builder.Build();

        await application.StartAsync();

        var ofEngine = logged.Categories.Count(category => category.StartsWith("Orleans", StringComparison.Ordinal));
        Assert.True(least == 0 ? ofEngine == 0 : ofEngine >= least, $"{ofEngine} lines");
        Assert.Contains("Microsoft.Hosting.Lifetime", logged.Categories);
    }

    [Fact]
    public async Task What_the_store_measures_is_among_what_Prometheus_reads()
    {
        var builder = NewBuilder([]);
        builder.Services.AddHexagram().UseRocksDb(Path.Combine(_folder, "mailboxes"), store => store with { DiskReserveBytes = 0 });
        await using var application = builder.Build();
        application.MapHexagramMetrics();
        await application.StartAsync();
        Assert.True((await application.Services.GetRequiredService<IHexagram>().SendAsync("system", "bob", "hello")).IsAccepted);
        using var http = new HttpClient { Timeout = PacketSocket.Patience };

        var text = await http.GetStringAsync(new Uri(new Uri(application.Urls.Single()), "metrics"));

        Assert.Contains("hexagram_store_commit_size_bucket{le=\"1\"} 1\n", text, StringComparison.Ordinal);
        Assert.Matches("hexagram_store_sync_duration_seconds_count [1-9]", text);
    }

    [Fact]
    public void Settings_that_cannot_be_meant_are_named_from_the_root_of_the_configuration()
    {
        var builder = NewBuilder(new()
        {
            ["Hexagram:Bonds:BodyBytesMax"] = "5",
            ["Hexagram:Bounds:BodyBytesMax"] = "many",
            ["Hexagram:Store:Fodler"] = "there",
        });
        var section = builder.Configuration.GetSection("Hexagram");

        var faults = Assert.Throws<OptionsValidationException>(() => builder.Services.AddHexagram(section)).Failures.ToList();

        Assert.Equal(2, faults.Count);
        Assert.Contains(faults, fault => fault.Contains("Hexagram:Bonds", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("Hexagram:Bounds:BodyBytesMax is 'many'", StringComparison.Ordinal));
        var store = Assert.Throws<OptionsValidationException>(() => NewBuilder([]).Services.AddHexagram().UseRocksDb(section.GetSection("Store")));
        Assert.Contains("Hexagram:Store:Fodler", Assert.Single(store.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_cannot_work_are_named_when_they_are_given()
    {
        var server = Assert.Throws<OptionsValidationException>(() =>
            NewBuilder([]).Services.AddHexagram(options => options with { Bounds = options.Bounds with { WindowMax = 0 } }));
        var store = Assert.Throws<OptionsValidationException>(() =>
            NewBuilder([]).Services.AddHexagram().UseRocksDb(_folder, options => options with { BatchItemsMax = 0 }));

        Assert.Contains("Bounds.WindowMax is 0", Assert.Single(server.Failures), StringComparison.Ordinal);
        Assert.Contains("BatchItemsMax is 0", Assert.Single(store.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_chooses_no_store_is_told_how_to()
    {
        var builder = NewBuilder([]);
        builder.Services.AddHexagram();
        await using var application = builder.Build();

        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());

        Assert.Contains("UseRocksDb", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_server_in_one_application_is_refused()
    {
        var builder = NewBuilder([]);
        builder.Services.AddHexagram();

        Assert.Throws<InvalidOperationException>(() => builder.Services.AddHexagram());
    }

    [Fact]
    public async Task Every_part_can_be_replaced_by_the_application()
    {
        await using var host = await HostApplication.StartAsync(hexagram => hexagram.AuthenticateTokens<EverybodyIsAlice>());
        using var alice = await host.ConnectAsync();

        Assert.Equal(new UserId("alice"), (await alice.HelloAsync(PacketSocket.Hello(window: 0, "anything"))).User);
    }

    [Fact]
    public async Task The_store_is_closed_with_the_application()
    {
        IMailboxStore store;
        await using (var host = await HostApplication.StartAsync())
        {
            store = host.Services.GetRequiredService<IMailboxStore>();
        }

        await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            await store.AppendAsync(new AppendItem(new("bob"), new("alice"), MessageId.New(DateTimeOffset.UnixEpoch), "late", new AppendLane())));
    }

    private static WebApplicationBuilder NewBuilder(Dictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(settings);
        return builder;
    }

    private sealed class EverybodyIsAlice : ITokenAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(string token, CancellationToken cancellationToken) =>
            new(AuthenticationResult.Valid(new("alice"), DateTimeOffset.MaxValue));
    }
}
