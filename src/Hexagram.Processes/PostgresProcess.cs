using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hexagram.Processes;

/// <summary>A PostgreSQL server with a fresh folder, as Debian's package brings it.</summary>
/// <param name="folder">Where its data and its log go; whoever runs PostgreSQL must be able to come there.</param>
/// <param name="settings">Settings beyond its own, such as <c>fsync=off</c>.</param>
public sealed class PostgresProcess(string folder, params string[] settings) : EngineProcess(folder, "postgres")
{
    /// <summary>It refuses to run as root.</summary>
    private const string User = "postgres";

    /// <summary>Debian keeps the server's programs out of the path.</summary>
    private const string DebianFolder = "/usr/lib/postgresql";

    private static readonly bool IsRoot = Environment.UserName == "root";

    private string Data => Path.Combine(Folder, "data");

    private protected override string EndSignal => "QUIT";

    /// <summary>How to reach it at its own place, or through something in front of it.</summary>
    public string ConnectionString(IPEndPoint? place = null) =>
        string.Create(CultureInfo.InvariantCulture, $"Host={(place ?? EndPoint).Address};Port={(place ?? EndPoint).Port};Username={User};Database=postgres;Timeout=5;Command Timeout=10");

    private protected override async Task PrepareAsync()
    {
        if (Directory.Exists(Data))
        {
            return;
        }

        Directory.CreateDirectory(Data);
        if (IsRoot)
        {
            await RunToEndAsync(["chown", User, Data]);
            await OpenWayAsync();
        }

        await RunToEndAsync(AsUser([Program("initdb"), "-D", Data, "-A", "trust", "-U", User, "-E", "UTF8", "--no-locale", "--no-sync"]));
        await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), "host all all all trust\n");
    }

    private protected override IReadOnlyList<string> Words() => AsUser(
    [
        Program("postgres"), "-D", Data, "-k", Data, "-h", EndPoint.Address.ToString(), "-p", EndPoint.Port.ToString(CultureInfo.InvariantCulture),
        "-c", "max_connections=200", "-c", "shared_buffers=64MB",
        .. settings.SelectMany(setting => new[] { "-c", setting }),
    ]);

    private protected override async Task<bool> IsReadyAsync(NetworkStream stream, CancellationToken patience)
    {
        // A startup message: it asks for no password ('R'), or says that it is not ready ('E').
        var words = Encoding.ASCII.GetBytes($"user\0{User}\0database\0postgres\0\0");
        var message = new byte[8 + words.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), 3 << 16);
        words.CopyTo(message, 8);
        await stream.WriteAsync(message, patience);
        var answer = new byte[1];
        return await stream.ReadAsync(answer, patience) == 1 && answer[0] == 'R';
    }

    /// <summary>Temporary folders are their owner's alone; its user has to come through.</summary>
    private async Task OpenWayAsync()
    {
        for (var folder = new DirectoryInfo(Folder); folder?.Parent is not null && folder.FullName != Path.TrimEndingDirectorySeparator(Path.GetTempPath()); folder = folder.Parent)
        {
            await RunToEndAsync(["chmod", "a+x", folder.FullName]);
        }
    }

    private static string Program(string name) =>
        Directory.Exists(DebianFolder)
            ? Directory.EnumerateDirectories(DebianFolder).OrderByDescending(Path.GetFileName).Select(version => Path.Combine(version, "bin", name)).FirstOrDefault(File.Exists) ?? name
            : name;

    private static string[] AsUser(string[] words) =>
        IsRoot ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", .. words] : words;
}
