using Hexagram.Protocol;
using Hexagram.Server;
using Hexagram.Server.Hosting;
using Hexagram.Storage;
using Hexagram.Storage.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Hexagram.AspNetCore.Postgres.Tests;

/// <summary>How a server whose mailboxes are in PostgreSQL gets into an application, and what is said when it cannot.</summary>
public sealed class CompositionTests(SharedServer server)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_sent_in_one_application_is_known_in_another_over_the_same_database()
    {
        var database = server.NewDatabase();
        await using var first = await StartAsync((hexagram, _) => hexagram.UsePostgres(database));
        await using var second = await StartAsync((hexagram, _) => hexagram.UsePostgres(database, store => store with { Readers = 1 }));
        var one = first.Services.GetRequiredService<IHexagram>();
        var other = second.Services.GetRequiredService<IHexagram>();
        var id = one.NewId();

        Assert.Equal(SendOutcome.Accepted, (await one.SendAsync("shop", "bob", "Order 7 has left.", id)).Outcome);
        Assert.Equal(SendOutcome.Duplicate, (await other.SendAsync("shop", "bob", "Order 7 has left.", id)).Outcome);
    }

    [Fact]
    public async Task A_section_of_the_configuration_says_everything()
    {
        var database = server.NewDatabase();
        var settings = new Dictionary<string, string?>
        {
            ["Hexagram:Horizon"] = "40d",
            ["Hexagram:Postgres:ConnectionString"] = database,
            ["Hexagram:Postgres:Schema"] = "chat",
            ["Hexagram:Postgres:Limits:UnconfirmedMax"] = "2",
        };
        await using var application = await StartAsync(
            (hexagram, section) => hexagram.UsePostgres(section.GetSection("Postgres")), settings);
        var hexagram = application.Services.GetRequiredService<IHexagram>();

        Assert.True((await hexagram.SendAsync("shop", "bob", "one")).IsAccepted);
        Assert.True((await hexagram.SendAsync("shop", "bob", "two")).IsAccepted);
        Assert.Equal((SendOutcome.RetryLater, ErrorCode.MailboxFull), await hexagram.SendAsync("shop", "bob", "three") is var sent ? (sent.Outcome, sent.Code) : default);
        Assert.Equal(2L, await AskAsync(database, "SELECT last FROM chat.mailboxes WHERE user_id = 'bob'"));
    }

    [Fact]
    public async Task A_data_source_of_the_application_is_used_and_stays_its_own()
    {
        var database = server.NewDatabase();
        await using var source = new NpgsqlDataSourceBuilder(database) { Name = "the application's" }.Build();
        await using (var application = await StartAsync((hexagram, _) => hexagram.UsePostgres(services => services.GetRequiredService<NpgsqlDataSource>()), source: source))
        {
            Assert.True((await application.Services.GetRequiredService<IHexagram>().SendAsync("shop", "bob", "hello")).IsAccepted);
            Assert.Equal(1, (await application.Services.GetRequiredService<IMailboxStore>().PositionsAsync([new UserId("bob")], Token))[0].Last.Value);

            // The application looks for its own names as before.
            await using var connection = await source.OpenConnectionAsync(Token);
            await using var command = new NpgsqlCommand("SELECT current_schema()", connection);
            Assert.Equal("public", await command.ExecuteScalarAsync(Token));
        }

        await using var after = await source.OpenConnectionAsync(Token);
        Assert.Equal(System.Data.ConnectionState.Open, after.State);
    }

    [Fact]
    public async Task What_the_store_measures_is_among_what_Prometheus_reads()
    {
        await using var application = await StartAsync((hexagram, _) => hexagram.UsePostgres(server.NewDatabase()));
        Assert.True((await application.Services.GetRequiredService<IHexagram>().SendAsync("shop", "bob", "hello")).IsAccepted);
        using var http = new HttpClient { Timeout = Patience };

        var text = await http.GetStringAsync(new Uri(new Uri(application.Urls.Single()), "metrics"), Token);

        Assert.Contains("hexagram_store_commit_size_bucket{le=\"1\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("hexagram_store_sync_duration_seconds_count 1\n", text, StringComparison.Ordinal);
        Assert.Contains("hexagram_store_unavailable 0\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Maximum Pool Size=11", "needs 12")]
    [InlineData("No Reset On Close=true", "No Reset On Close")]
    public void A_data_source_that_cannot_work_is_refused_with_the_reason(string setting, string reason)
    {
        using var source = NpgsqlDataSource.Create($"Host=db;{setting}");

        var refusal = Assert.Throws<OptionsValidationException>(() => NewBuilder([]).Services.AddHexagram().UsePostgres(source));

        Assert.Contains(reason, Assert.Single(refusal.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_cannot_be_meant_are_named_before_anything_starts()
    {
        var builder = NewBuilder(new()
        {
            ["Hexagram:Postgres:Conection"] = "Host=db",
            ["Hexagram:Postgres:Writers"] = "many",
        });
        var section = builder.Configuration.GetSection("Hexagram");
        var hexagram = builder.Services.AddHexagram(section);

        var faults = Assert.Throws<OptionsValidationException>(() => hexagram.UsePostgres(section.GetSection("Postgres"))).Failures.ToList();

        Assert.Equal(2, faults.Count);
        Assert.Contains(faults, fault => fault.Contains("Hexagram:Postgres:Conection", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("Hexagram:Postgres:Writers is 'many'", StringComparison.Ordinal));
        Assert.Contains("Writers is 0", Refusal(store => store with { Writers = 0 }), StringComparison.Ordinal);
        Assert.Contains("names no Host", Assert.Single(Assert.Throws<OptionsValidationException>(() => hexagram.UsePostgres("Database=chat")).Failures), StringComparison.Ordinal);

        string Refusal(Func<PostgresStoreOptions, PostgresStoreOptions> change) =>
            Assert.Single(Assert.Throws<OptionsValidationException>(() => hexagram.UsePostgres("Host=db", change)).Failures);
    }

    [Fact]
    public async Task An_application_whose_database_is_away_does_not_start_and_says_which()
    {
        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            StartAsync((hexagram, _) => hexagram.UsePostgres("Host=/nowhere;Database=mailboxes;Username=somebody;Password=secret;Timeout=1")));

        Assert.Contains("mailboxes at /nowhere", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.ToString(), StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(
        Action<HexagramBuilder, IConfiguration> choose, Dictionary<string, string?>? settings = null, NpgsqlDataSource? source = null)
    {
        var builder = NewBuilder(settings ?? []);
        if (source is not null)
        {
            // As an object that somebody else disposes of.
            builder.Services.AddSingleton(source);
        }

        var section = builder.Configuration.GetSection("Hexagram");
        choose(builder.Services.AddHexagram(section), section);
        var application = builder.Build();
        try
        {
            application.MapHexagram("/v1");
            application.MapHexagramMetrics();
            await application.StartAsync(Token).WaitAsync(Patience, Token);
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    private static WebApplicationBuilder NewBuilder(Dictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(settings);
        return builder;
    }

    private static async Task<object?> AskAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }
}
