using System.Security.Cryptography;
using System.Text;
using Hexagram.Storage.Postgres.Schema;

namespace Hexagram.Storage.Postgres.Tests.Schema;

/// <summary>The tables come into being once, and stay what they are.</summary>
public sealed class MigrationTests : StoreTest
{
    [Fact]
    public async Task Servers_that_start_at_once_make_the_tables_once()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString()) with { Writers = 1, Readers = 1 };

        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenAsync(options)));

        Assert.Single(stores.Select(store => store.Epoch).Distinct());
        Assert.Equal((long)Migrations.Version, await AskAsync(options.ConnectionString, $"SELECT count(*) FROM {options.Schema}.versions"));
        await Task.WhenAll(stores.Select(store => store.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Tables_of_a_later_version_are_left_alone()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());
        await (await OpenAsync(options)).DisposeAsync();
        await AskAsync(options.ConnectionString, $"INSERT INTO {options.Schema}.versions (version) VALUES ({Migrations.Version + 1})");

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(options));

        Assert.Contains($"version {Migrations.Version + 1}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_that_cannot_be_reached_is_named_without_its_password()
    {
        var options = new PostgresStoreOptions { ConnectionString = "Host=/nowhere;Username=somebody;Password=secret;Database=mailboxes;Timeout=1" };

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(options));

        Assert.Contains("mailboxes at /nowhere", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A version that servers have made tables with is never changed: what is to be otherwise is another version, with a script of its own.</summary>
    [Fact]
    public void Scripts_of_versions_are_frozen() =>
        Assert.Equal(
            ["90977105B94CD99E", "638D19E0251609E1"],
            Enumerable.Range(1, Migrations.Version).Select(version => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Migrations.Script(version))))[..16]));
}
