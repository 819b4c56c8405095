using System.Diagnostics.Metrics;
using Hexagram.Server.Configuration;
using Hexagram.Server.Hosting;
using Hexagram.Storage.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Hexagram.AspNetCore.Postgres;

/// <summary>Has a Hexagram server in an application keep its mailboxes in PostgreSQL. The server knows no store; the stores know no server.</summary>
public static class HexagramPostgresExtensions
{
    /// <summary>What follows from the server, which remembers ids for as long as its Welcome says and knows how often it asks; and what no text can say.</summary>
    private static readonly HashSet<string> Derived = new(StringComparer.OrdinalIgnoreCase) { "Forgetting:Horizon", "ForgetEvery", "DataSource" };

    /// <summary>Keeps messages in a PostgreSQL database, in tables that are made when the application starts.</summary>
    /// <param name="hexagram">The server.</param>
    /// <param name="connectionString">How to reach the database, in Npgsql's words; of several hosts the one that takes writes is used.</param>
    /// <param name="change">Changes the other options: <c>store => store with { … }</c>.</param>
    /// <exception cref="OptionsValidationException">An option cannot work; the message names it.</exception>
    public static HexagramBuilder UsePostgres(this HexagramBuilder hexagram, string connectionString, Func<PostgresStoreOptions, PostgresStoreOptions>? change = null) =>
        Use(hexagram, new PostgresStoreOptions { ConnectionString = connectionString }, change);

    /// <summary>The same as a section of configuration says, by the names of <see cref="PostgresStoreOptions"/>: <c>ConnectionString</c>, <c>Schema</c>, <c>Limits:UnconfirmedMax</c> ….</summary>
    /// <param name="hexagram">The server.</param>
    /// <param name="section">The section.</param>
    /// <exception cref="OptionsValidationException">A setting cannot be meant or cannot work; the message names each.</exception>
    public static HexagramBuilder UsePostgres(this HexagramBuilder hexagram, IConfiguration section)
    {
        var reader = new SettingsReader();
        var options = reader.Read(section, new PostgresStoreOptions { ConnectionString = "" }, Derived);
        return reader.Faults.Count > 0 ? throw Fault([.. reader.Faults]) : Use(hexagram, options, null);
    }

    /// <summary>The same over connections that the application has, with its ways to authenticate and its log; they stay the application's.</summary>
    /// <param name="hexagram">The server.</param>
    /// <param name="source">Whose connections. It must let the store have <c>Writers</c> + <c>Readers</c> + 4 at a time. <c>Max Auto Prepare=32</c> and <c>Search Path=hexagram</c> save it work.</param>
    /// <param name="change">Changes the other options.</param>
    /// <exception cref="OptionsValidationException">An option cannot work; the message names it.</exception>
    public static HexagramBuilder UsePostgres(this HexagramBuilder hexagram, NpgsqlDataSource source, Func<PostgresStoreOptions, PostgresStoreOptions>? change = null) =>
        Use(hexagram, PostgresStoreOptions.Over(source), change);

    /// <summary>The same with a data source that is a service of the application: <c>services => services.GetRequiredService&lt;NpgsqlDataSource&gt;()</c>.</summary>
    /// <param name="hexagram">The server.</param>
    /// <param name="source">Finds it when the application starts; what cannot work is told then.</param>
    /// <param name="change">Changes the other options.</param>
    public static HexagramBuilder UsePostgres(
        this HexagramBuilder hexagram, Func<IServiceProvider, NpgsqlDataSource> source, Func<PostgresStoreOptions, PostgresStoreOptions>? change = null) =>
        hexagram.UseStore(services => Open(Checked(hexagram, PostgresStoreOptions.Over(source(services)), change), hexagram.Time, services));

    private static HexagramBuilder Use(HexagramBuilder hexagram, PostgresStoreOptions options, Func<PostgresStoreOptions, PostgresStoreOptions>? change)
    {
        options = Checked(hexagram, options, change);
        return hexagram.UseStore(services => Open(options, hexagram.Time, services));
    }

    private static PostgresMailboxStore Open(PostgresStoreOptions options, TimeProvider time, IServiceProvider services) =>
        PostgresMailboxStore.Open(options, time, services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<ILoggerFactory>());

    private static PostgresStoreOptions Checked(HexagramBuilder hexagram, PostgresStoreOptions options, Func<PostgresStoreOptions, PostgresStoreOptions>? change)
    {
        options = change?.Invoke(options) ?? options;
        options = options with { Forgetting = options.Forgetting with { Horizon = hexagram.Options.Horizon }, ForgetEvery = hexagram.Options.ForgetEvery };
        return options.Fault() is { } fault ? throw Fault($"Postgres: {fault}") : options;
    }

    private static OptionsValidationException Fault(params string[] faults) => new(nameof(PostgresStoreOptions), typeof(PostgresStoreOptions), faults);
}
