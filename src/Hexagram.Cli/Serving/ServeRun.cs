using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Hexagram.Cli.CommandLine;
using Hexagram.Cli.Output;
using Hexagram.Cli.Serving.Control;
using Hexagram.Cli.Serving.Pages;
using Hexagram.Clustering.Redis;
using Hexagram.Server.Authentication;
using Hexagram.Server.Cluster;
using Hexagram.Server.Hosting;
using Hexagram.Storage;
using Hexagram.Storage.Postgres;
using Hexagram.Storage.RocksDb;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using StackExchange.Redis;

namespace Hexagram.Cli.Serving;

/// <summary>One run of <c>serve</c>: puts the server together with the store in the data folder or in PostgreSQL, and runs it until somebody asks for an end.</summary>
internal static class ServeRun
{
    /// <summary>Longer than a server that is undisturbed takes to end; supervisors kill after that.</summary>
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    /// <summary>Runs the server.</summary>
    /// <exception cref="CommandFailure">It cannot start; the message says why and what to do.</exception>
    public static async Task<ExitCode> RunAsync(ServeSettings settings, Screen screen, Surroundings surroundings)
    {
        SocketNews.TakeWhereTheyArrive();
        try
        {
            settings.Data.Create();
            settings.Data.ThrowIfHalfRestored();
            for (var isFirst = true; await RunOnceAsync(settings, screen, surroundings, isFirst) is { } again; isFirst = false)
            {
                (settings, var away) = again;
                screen.Note("Somebody at the page has asked for a restart.");
                await Task.Delay(away, surroundings.Time, surroundings.Stop);
            }

            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (surroundings.Stop.IsCancellationRequested)
        {
            // Asked to end while it was starting.
            return ExitCode.Success;
        }
        catch (StoreUnavailableException fault)
        {
            throw new CommandFailure(fault.Message, cause: fault);
        }
        catch (IOException fault) when (fault.InnerException is AddressInUseException)
        {
            throw new CommandFailure(
                $"{fault.Message.TrimEnd('.').Replace("http://", "", StringComparison.Ordinal)}. Another process listens there: end it, or choose other addresses with --tcp and --http (port 0 takes a free one).",
                cause: fault);
        }
        catch (RedisException fault)
        {
            throw new CommandFailure($"Redis, in which the cluster's members are written down, cannot be used: {fault.Message.Split(" (", 2)[0]}. Start it, or correct --redis.", cause: fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException or CryptographicException or System.Net.Sockets.SocketException)
        {
            throw new CommandFailure($"The server cannot start: {fault.Message}", cause: fault);
        }
    }

    /// <summary>One life of the server.</summary>
    /// <returns>Null when it was asked to end; otherwise with what it is to start again, and after how long.</returns>
    private static async Task<(ServeSettings Settings, TimeSpan Away)?> RunOnceAsync(ServeSettings settings, Screen screen, Surroundings surroundings, bool isFirst)
    {
        // A cluster that cannot be told of the end, or a database that does not answer, holds nobody up: ending like this is as safe as being killed.
        // Both outlive the server, which may hang at its start and in its end.
        var code = ExitCode.Success;
        await using var latestEnd = surroundings.Time.CreateTimer(_ => Environment.Exit((int)code), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using var asked = surroundings.Stop.Register(() => latestEnd.Change(EndMax, Timeout.InfiniteTimeSpan));
        RocksDbMailboxStore? embedded = null;
        await using var server = HexagramServer.Build(
            settings.Server,
            services => settings.Postgres is { } postgres
                ? PostgresMailboxStore.Open(postgres, surroundings.Time, services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<ILoggerFactory>())
                : embedded = RocksDbMailboxStore.Open(settings.Store, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<IMeterFactory>()),
            builder => Configure(builder, settings.Log, screen.IsJson),
            complete: hexagram => JoinCluster(hexagram, settings));
        var restart = new ServerRestart();
        var signingKey = SigningKey.OpenOrCreate(settings.Data.KeyFile);
        var pageKey = settings.IsForThisMachineOnly ? new PageKey(signingKey) : null;
        new PageEndpoints(PageEndpoints.Folder, pageKey, new TokenIssuer(signingKey, surroundings.Time), restart, surroundings.Time).Map(server.Application);
        if (settings.DashboardKey is { } dashboardKey)
        {
            Dashboard.Map(server.Application, dashboardKey);
        }

        await server.StartAsync(surroundings.Stop);

        // What is in a database is backed up by its own means.
        await using var control = embedded is null
            ? null
            : ControlSocket.Open(settings.Data, embedded, server.Application.Services.GetRequiredService<ILogger<ControlSocket>>());
        if (isFirst)
        {
            Announce(server, settings, pageKey, screen);
        }

        var mayRestart = await EndAsync(server, restart, surroundings.Stop);
        var again = settings.With(server.Tcp, server.Http);
        if (server.Application.Services.GetService<MembershipLoss>() is { HasHappened: true })
        {
            // Known before it ends: one that is declared dead while it ends has been asked to, and ends well.
            code = ExitCode.Lost;
        }

        // Where it was asked to end, the time runs since then.
        if (!mayRestart && !surroundings.Stop.IsCancellationRequested)
        {
            latestEnd.Change(EndMax, Timeout.InfiniteTimeSpan);
        }

        await server.StopAsync(CancellationToken.None);
        if (code == ExitCode.Lost)
        {
            throw new CommandFailure("The other nodes of the cluster have declared this one dead. Start it again: it joins as a new node, and nothing is lost.", ExitCode.Lost);
        }

        return mayRestart ? (again, await restart.Wished) : null;
    }

    private static void JoinCluster(HexagramBuilder hexagram, ServeSettings settings)
    {
        if (settings.Redis is { } redis)
        {
            hexagram.UseRedisMembership(redis);
        }

        if (settings.DashboardKey is not null)
        {
            Dashboard.Add(hexagram.Services);
        }
    }

    private static void Configure(WebApplicationBuilder builder, LogOptions log, bool json)
    {
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        builder.Logging.ClearProviders();
        builder.Logging
            .AddFilter("", log.Libraries)
            .AddFilter("Hexagram", log.Level)
            // A server that cannot start says so in words and ends; what fails later is critical.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level > LogLevel.Error && level >= log.Libraries)
            // It advises a garbage collector that is right for large machines alone, at every start; and a start that fails says so itself.
            .AddFilter("Orleans.Runtime.Silo", level => level > LogLevel.Error && level >= log.Libraries)
            // Of members there is one, and a start that fails leaves it half made.
            .AddFilter("Orleans.Runtime.MembershipService", level => level > LogLevel.Warning && level >= log.Libraries)
            // It counts its first pause from when the machine started, and so warns of one of hours at every start.
            .AddFilter("Orleans.Runtime.Watchdog", level => level > LogLevel.Warning && level >= log.Libraries);
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;

            // A terminal that does not read must not stop the server.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        if (json)
        {
            builder.Logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            });
        }
        else
        {
            builder.Logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }
    }

    private static void Announce(HexagramServer server, ServeSettings settings, PageKey? pageKey, Screen screen)
    {
        var encrypted = settings.Server.Tls.CertificateFile is not null;
        var (tcpScheme, httpScheme) = encrypted ? ("tcps", "https") : ("tcp", "http");
        var tcp = server.Tcp;
        var http = server.Http is { } place ? $"{httpScheme}://{place}" : null;
        var page = http is null ? null : pageKey?.Link(http);
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteBoolean("ready", true);
                json.WriteString("tcp", tcp.ToString());
                json.WriteString("http", http);
                json.WriteString("page", page);
                json.WriteString("data", settings.Data.Path);
                if (settings.Postgres is { } postgres)
                {
                    json.WriteString("postgres", postgres.Describe());
                }

                json.WriteBoolean("loopbackOnly", settings.IsForThisMachineOnly);
                json.WriteBoolean("encrypted", encrypted);
                json.WriteString("version", HexagramCommandLine.Version);
            });
            return;
        }

        screen.Line($"Ready: {tcpScheme}://{tcp}{(http is null ? "" : $", {http}")}, data in {settings.Data.Path}, "
            + (settings.Postgres is { } database ? $"mailboxes in the database {database.Describe()}, " : "")
            + (settings.IsForThisMachineOnly ? "for this machine only." : encrypted ? "for other machines too." : "for other machines too, and not encrypted."));
        if (page is not null)
        {
            screen.Line($"Try it: {page}");
        }
    }

    /// <summary>Completes when the process is asked to end, the application ends by itself, or a restart is wished.</summary>
    /// <returns>Whether it is to start again.</returns>
    private static async Task<bool> EndAsync(HexagramServer server, ServerRestart restart, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, server.Application.Lifetime.ApplicationStopping);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = either.Token.Register(ended.SetResult);
        return await Task.WhenAny(ended.Task, restart.Wished) == restart.Wished;
    }

    /// <summary>The host neither listens to signals nor prints: both are done here.</summary>
    private sealed class QuietLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
