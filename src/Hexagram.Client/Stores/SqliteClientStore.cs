using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Stores;

/// <summary>
/// The durable store: one SQLite file in a folder, WAL, <c>synchronous=FULL</c>. Everything goes through one
/// <see cref="SqliteWriter"/>, whose thread owns the connection. A lock file keeps every other client out of the folder, while other
/// connections of the application may read the file.
/// </summary>
internal sealed class SqliteClientStore : IClientStore
{
    /// <summary>The database in the folder.</summary>
    internal const string FileName = "client.db";

    private const string LockName = "client.lock";

    /// <summary>So many handled messages bring so many old marks before the question whether they may go.</summary>
    private const int ForgetEvery = 64;

    private readonly FileStream _lock;
    private readonly SqliteConnection _connection;
    private readonly SqliteStatements _statements;
    private readonly SqliteWriter _writer;
    private readonly DeviceId _device;
    private readonly int _seenMax;
    private readonly string _file;
    private int _commits;
    private int _setAside;

    private SqliteClientStore(FileStream folderLock, SqliteConnection connection, string file, DeviceId device, int seenMax)
    {
        _lock = folderLock;
        _connection = connection;
        _file = file;
        _device = device;
        _seenMax = seenMax;
        _statements = new SqliteStatements(connection);
        _writer = new SqliteWriter(connection, _statements, file);
    }

    public bool KeepsBodies => true;

    public int SetAsideCount => Volatile.Read(ref _setAside);

    public bool HasTransactions => true;

    public bool IsInTransaction => _writer.IsInTransaction;

    /// <summary>Opens or makes the store.</summary>
    /// <exception cref="ClientStoreException">Somebody else has it open, or it cannot be used; the message says what to do.</exception>
    internal static SqliteClientStore Open(string folder, HexagramClientOptions options)
    {
        var file = Path.Combine(folder, FileName);
        var folderLock = Lock(folder);
        SqliteConnection? connection = null;
        try
        {
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
            connection.Open();
            SqliteSchema.Execute(connection, null, "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            SqliteSchema.Prepare(connection, file);
            return new SqliteClientStore(folderLock, connection, file, Device(connection, folder, options.Device), options.SeenMax);
        }
        catch (Exception cause)
        {
            connection?.Dispose();
            folderLock.Dispose();
            throw SqliteFaults.Translate(cause, file);
        }
    }

    public StoredClient Load()
    {
        try
        {
            var loaded = SqliteRows.Load(_connection, _device);
            _setAside = SqliteRows.SetAsideCount(_connection);
            _writer.Start();
            return loaded;
        }
        catch (Exception cause)
        {
            throw SqliteFaults.Translate(cause, _file);
        }
    }

    public Task ReserveConnectionsAsync(ConnectionNumber upTo) => WriteAsync(() => _statements.SetValue("connection", upTo.Value));

    public Task SaveUserAsync(UserId user) => WriteAsync(() => _statements.SetValue("user", user.Value));

    public void SaveClock(TimeSpan offset) => _writer.Enqueue(() => _statements.SetValue("clock_offset", (long)offset.TotalMilliseconds), null);

    public void Insert(StoredMessage message, Body body, IInsertion insertion) =>
        _writer.Join(
            () => _statements.Insert(message, body),
            fault =>
            {
                if (fault is null)
                {
                    insertion.Joined();
                }
                else
                {
                    insertion.Completed(fault);
                }
            },
            insertion.Completed);

    public void Mark(IReadOnlyList<(long Number, MessageId Id)> messages, Action<ClientStoreException?> completed) =>
        _writer.Enqueue(
            () =>
            {
                foreach (var (number, id) in messages)
                {
                    _statements.Mark(number, id);
                }
            },
            completed);

    public void Raise(long number, MessageState state) => _writer.Enqueue(() => _statements.Raise(number, state), null);

    public void Remove(long number, Action<ClientStoreException?>? completed = null) => _writer.Enqueue(() => _statements.Remove(number), completed);

    public Task<IReadOnlyDictionary<long, Body>> ReadBodiesAsync(IReadOnlyList<long> numbers) =>
        _writer.RunAsync<IReadOnlyDictionary<long, Body>>(() =>
        {
            var bodies = new Dictionary<long, Body>(numbers.Count);
            foreach (var number in numbers)
            {
                if (_statements.ReadBody(number) is { } body)
                {
                    bodies.Add(number, body);
                }
            }

            return bodies;
        });

    public Task AdoptAsync(InboxPosition position) => WriteAsync(() => _statements.Adopt(position.Epoch, position.Cursor));

    public Task BeginAsync(MessageKey message) => WriteAsync(() => _statements.SetBegun(message));

    public async Task CommitAsync(InboxCommit commit)
    {
        await WriteAsync(() => Commit(commit));
        if (commit.SetAside is not null)
        {
            Interlocked.Increment(ref _setAside);
        }
    }

    public Task<bool> HasSeenAsync(MessageKey message) => _writer.RunAsync(() => _statements.HasSeen(message));

    public Task<IInboxTransaction> BeginTransactionAsync(InboxCommit commit, CancellationToken cancellationToken) =>
        _writer.BeginTransactionAsync(() => Commit(commit), () => commit.Seen is { } key && _statements.HasSeen(key)).OrGivenBackAsync(cancellationToken);

    public Task<IReadOnlyList<SetAsideMessage>> ReadSetAsideAsync() =>
        _writer.JoinAsync(() => SqliteRows.SetAside(_connection, _statements.Transaction));

    public async Task<bool> RemoveSetAsideAsync(MessageKey message)
    {
        var removed = await _writer.JoinAsync(() => _statements.RemoveSetAside(message), rows => Interlocked.Add(ref _setAside, -rows));
        return removed > 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.StopAsync();
        Close();
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new ClientStoreException($"{folder} cannot be written. Give this process the right to write there, or name another folder.", cause);
        }
        catch (IOException cause) when (Directory.Exists(folder))
        {
            throw new ClientStoreException($"{folder} is in use by another client, in this process or in another. Close it, or name another folder. ({cause.Message})", cause);
        }
        catch (IOException cause)
        {
            throw new ClientStoreException($"{folder} cannot be made: {cause.Message}", cause);
        }
    }

    /// <summary>The device that the store belongs to; made once.</summary>
    private static DeviceId Device(SqliteConnection connection, string folder, DeviceId? wanted)
    {
        if (SqliteRows.Value(connection, "device") is not string known)
        {
            var device = wanted ?? MemoryClientStore.NewDevice();
            using var statements = new SqliteStatements(connection);
            statements.SetValue("device", device.Value);
            return device;
        }

        if (wanted is { } other && other.Value != known)
        {
            throw new ClientStoreException($"{folder} belongs to the device {known}, not to {other}. A device keeps its store: name another folder, or leave the device out.");
        }

        return new DeviceId(known);
    }

    private Task<bool> WriteAsync(Action change) => _writer.RunAsync(() =>
    {
        change();
        return true;
    });

    private void Commit(InboxCommit commit)
    {
        _statements.Commit(commit);
        _statements.SetBegun(commit.Next);
        if (++_commits % ForgetEvery == 0)
        {
            _statements.ForgetSeen(2 * ForgetEvery, commit.ForgetBefore, _seenMax);
        }
    }

    private void Close()
    {
        _statements.Dispose();
        _connection.Dispose();
        _lock.Dispose();
    }
}
