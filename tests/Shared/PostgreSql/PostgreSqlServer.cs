using System.Diagnostics;
using Npgsql;

namespace Hexagram.Testing;

/// <summary>
/// A real PostgreSQL server of the tests' own: a fresh folder, a socket in it and no port. It ends with the process that started it, however that ends.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string[] _settings;
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-pg-").FullName;
    private Process? _process;
    private int _names;

    private string Data => Path.Combine(_folder, "data");

    private PostgreSqlServer(string[] settings)
    {
        _settings = settings;
    }

    /// <summary>Makes a server and starts it.</summary>
    /// <param name="settings">Settings of PostgreSQL beyond those of all tests, such as <c>fsync=off</c>.</param>
    internal static async Task<PostgreSqlServer> StartNewAsync(params string[] settings)
    {
        var server = new PostgreSqlServer(settings);
        await OwnAsync(server._folder);
        await RunAsync(AsPostgres([Program("initdb"), "-D", server.Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"]));
        await server.StartAsync();
        return server;
    }

    /// <summary>A fresh schema, which unqualified names are looked for in.</summary>
    internal string NewSchema()
    {
        var schema = New("SCHEMA");
        return ConnectionString("postgres", schema);
    }

    /// <summary>A fresh database, for who needs one that is empty: it takes longer.</summary>
    internal string NewDatabase() => ConnectionString(New("DATABASE"), null);

    /// <summary>Starts it, and waits until it takes connections.</summary>
    internal async Task StartAsync()
    {
        // The shell ends the server when its input ends: that is when it is told to, or when this process is gone.
        var words = AsPostgres(
        [
            "sh", "-c", "\"$@\" & read -r _; kill -QUIT $!; wait $!", "sh",
            Program("postgres"), "-D", Data, "-k", _folder, "-c", "listen_addresses=", "-c", "max_connections=60", "-c", "shared_buffers=32MB",
            .. _settings.SelectMany(setting => new[] { "-c", setting }),
        ]);
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardInput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        _process = Process.Start(start)!;
        var said = new List<string>();
        while (await _process.StandardError.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            said.Add(line);
            if (line.Contains("ready to accept", StringComparison.Ordinal))
            {
                _ = _process.StandardError.ReadToEndAsync();
                return;
            }
        }

        Assert.Fail($"PostgreSQL did not start:\n{string.Join('\n', said)}");
    }

    /// <summary>A standby of this server, which follows it until it is promoted, and waits for no standby of its own.</summary>
    internal async Task<PostgreSqlServer> StartStandbyAsync()
    {
        var standby = new PostgreSqlServer([]);
        await OwnAsync(standby._folder);
        await RunAsync(AsPostgres([Program("pg_basebackup"), "-D", standby.Data, "-h", _folder, "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync"]));
        await standby.StartAsync();
        return standby;
    }

    /// <summary>Dumps a database as it stands at this moment.</summary>
    /// <returns>The dump's file.</returns>
    internal async Task<string> DumpAsync(string connectionString)
    {
        var dump = Path.Combine(_folder, $"{Interlocked.Increment(ref _names)}.dump");
        await RunAsync(AsPostgres([Program("pg_dump"), "-h", _folder, "-U", "postgres", "-Fc", "-f", dump, new NpgsqlConnectionStringBuilder(connectionString).Database!]));
        return dump;
    }

    /// <summary>Restores a dump into a fresh database.</summary>
    /// <returns>How to reach that.</returns>
    internal async Task<string> RestoreAsync(string dump)
    {
        var connectionString = NewDatabase();
        await RunAsync(AsPostgres([Program("pg_restore"), "-h", _folder, "-U", "postgres", "--exit-on-error", "-d", new NpgsqlConnectionStringBuilder(connectionString).Database!, dump]));
        return connectionString;
    }

    /// <summary>Gives a folder to the user that the server runs as: PostgreSQL refuses to run as root.</summary>
    internal static async Task OwnAsync(string folder)
    {
        if (Environment.UserName == "root")
        {
            await RunAsync("chown", "postgres", folder);
        }
    }

    /// <summary>How to reach either of two servers.</summary>
    internal string WithFirst(PostgreSqlServer first) => new NpgsqlConnectionStringBuilder(ConnectionString()) { Host = $"{first._folder},{_folder}" }.ToString();

    /// <summary>Ends it as a crash does: nothing is written any more, and the log is replayed at the next start.</summary>
    internal async Task CrashAsync()
    {
        _process!.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await CrashAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string New(string kind)
    {
        var name = $"test_{Interlocked.Increment(ref _names)}";
        using var connection = new NpgsqlConnection(ConnectionString("postgres", null));
        connection.Open();
        using var command = new NpgsqlCommand($"CREATE {kind} {name}", connection);
        command.ExecuteNonQuery();
        return name;
    }

    /// <summary>How to reach a database of it.</summary>
    internal string ConnectionString(string database = "postgres", string? schema = null) =>
        new NpgsqlConnectionStringBuilder { Host = _folder, Username = "postgres", Database = database, SearchPath = schema, ApplicationName = schema, MaxPoolSize = 40, Timeout = 5 }.ToString();

    /// <summary>Debian keeps the server's programs out of the path.</summary>
    private static string Program(string name) =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(Path.GetFileName).Select(version => Path.Combine(version, "bin", name)).FirstOrDefault(File.Exists) ?? name
            : name;

    private static string[] AsPostgres(string[] words) =>
        Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. words] : words;

    private static async Task RunAsync(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', words)} ended with {process.ExitCode}: {string.Concat(said)}");
    }
}
