using Hexagram.Cli.Serving;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Storage;
using Hexagram.Storage.Postgres;
using Hexagram.Storage.RocksDb;

namespace Hexagram.Cli;

/// <summary>This program, for those of its commands that start it again as other processes.</summary>
internal static class OwnProgram
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromDays(30);

    /// <summary>The executable.</summary>
    public static string FileName => Environment.ProcessPath!;

    /// <summary>The first words of each command line: run by 'dotnet hexagram.dll', this program is the first word of another one.</summary>
    public static IReadOnlyList<string> FirstWords =>
        Path.GetFileNameWithoutExtension(FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase) ? [typeof(OwnProgram).Assembly.Location] : [];

    /// <summary>A server on this data folder, on a port that the system chooses; for WebSockets too if they are wanted.</summary>
    public static Func<string, IReadOnlyList<string>> ServerWords(bool forWebSockets) =>
        data => ["serve", "--json", "--data", data, "--tcp", "127.0.0.1:0", "--http", forWebSockets ? "http://127.0.0.1:0" : "none"];

    /// <summary>A token for a user of the server on this data folder.</summary>
    /// <exception cref="CommandFailure">There is no such server.</exception>
    public static string IssueToken(string data, UserId user, TimeProvider time) => IssueToken(new DataFolder(data).OpenKey(), user, time);

    /// <summary>A token for a user of the server that has this key.</summary>
    public static string IssueToken(SigningKey key, UserId user, TimeProvider time) => new TokenIssuer(key, time).Issue(user, TokenLifetime);

    /// <summary>The store of the server on this data folder: in it, when no server runs on it, or in the database that its settings name.</summary>
    public static async Task<IMailboxStore> OpenStoreAsync(string data, Surroundings surroundings)
    {
        var settings = ServeSettings.Load(new Dictionary<string, string?> { ["Data"] = data }, null, surroundings with { Variables = new Dictionary<string, string>() });
        return settings.Postgres is { } postgres
            ? await PostgresMailboxStore.OpenAsync(postgres, surroundings.Time)
            : RocksDbMailboxStore.Open(settings.Store, surroundings.Time);
    }
}
