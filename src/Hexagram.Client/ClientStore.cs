using Hexagram.Client.Stores;

namespace Hexagram.Client;

/// <summary>Where a client keeps its outbox and its inbox. One store belongs to one user, one device and one server.</summary>
public abstract class ClientStore
{
    private protected ClientStore()
    {
    }

    /// <summary>
    /// Durable: one SQLite file, <see cref="SqliteClientStore.FileName"/>, in <paramref name="folder"/>, which is made if need be.
    /// The client that has it open is the only one; tables of your own may stand in the same file (their names must not
    /// begin with <c>hexagram_</c>).
    /// </summary>
    public static ClientStore Sqlite(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new SqliteFolder(Path.GetFullPath(folder));
    }

    /// <summary>
    /// Gone with the process: what has not been accepted by the server is <b>lost</b> when the process ends, what was stored is no longer
    /// followed, and the inbox begins anew, as another device unless <see cref="HexagramClientOptions.Device"/> names it, and may be shown what the last one was shown. For tests, measurements and throw-away programs.
    /// </summary>
    public static ClientStore InMemory() => new Memory();

    internal abstract IClientStore Open(HexagramClientOptions options);

    private sealed class SqliteFolder(string folder) : ClientStore
    {
        internal override IClientStore Open(HexagramClientOptions options) => SqliteClientStore.Open(folder, options);
    }

    private sealed class Memory : ClientStore
    {
        internal override IClientStore Open(HexagramClientOptions options) => new MemoryClientStore(options.Device);
    }
}
