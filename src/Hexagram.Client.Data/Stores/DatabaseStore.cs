using System.Data.Common;
using Hexagram.Client.Stores;
using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;

namespace Hexagram.Client.Data.Stores;

/// <summary>
/// The durable store in the application's database. Everything that the client writes goes through one <see cref="DatabaseWriter"/>; what the application's
/// transactions enqueue is taken by a <see cref="Collector"/>.
/// </summary>
internal sealed class DatabaseStore : IClientStore, IEnqueuedStore
{
    /// <summary>So many handled messages bring so many old marks before the question whether they may go.</summary>
    private const int ForgetEvery = 64;

    private readonly DatabaseClientStore _options;
    private readonly HexagramClientOptions _client;
    private readonly SessionSource _sessions;
    private readonly DatabaseWriter _writer;
    private readonly Collector _collector;
    private readonly string _store;
    private readonly DeviceId _device;
    private int _commits;
    private int _setAside;

    private DatabaseStore(DatabaseClientStore options, HexagramClientOptions client, SessionSource sessions, DeviceId device)
    {
        _options = options;
        _client = client;
        _sessions = sessions;
        _store = options.Name;
        _device = device;
        _writer = new DatabaseWriter(sessions);
        _collector = new Collector(_writer, options, client.TimeProvider, client.Logger);
    }

    public bool KeepsBodies => true;

    public bool HasTransactions => true;

    public bool IsInTransaction => _writer.Lent is not null;

    public int SetAsideCount => Volatile.Read(ref _setAside);

    /// <summary>What the application's transactions put into this store.</summary>
    internal HexagramOutbox Outbox => _options.Outbox;

    internal Collector Collector => _collector;

    /// <exception cref="ClientStoreException">Somebody else has it open, or it cannot be used; the message says what to do.</exception>
    internal static DatabaseStore Open(DatabaseClientStore options, DbDataSource dataSource, HexagramClientOptions client)
    {
        var sessions = new SessionSource(dataSource, options.Dialect, options.Name, options.OwnerPatience);
        try
        {
            sessions.Open();
            return new DatabaseStore(options, client, sessions, Device(sessions.Current!, options.Name, client.Device));
        }
        catch (Exception cause)
        {
            sessions.Dispose();
            throw sessions.Translate(cause);
        }
    }

    public StoredClient Load()
    {
        try
        {
            var loaded = DatabaseRows.Load(_sessions.Usable(), _store, _device);
            _setAside = DatabaseRows.SetAsideCount(_sessions.Usable(), _store);
            _writer.Start();
            return loaded;
        }
        catch (Exception cause)
        {
            throw _sessions.Translate(cause);
        }
    }

    public void StartTaking(TakeMessage take, Action<Exception> fail)
    {
        _sessions.Lost = fail;
        _collector.Start(take, fail);
    }

    public Task ReserveConnectionsAsync(ConnectionNumber upTo) => _writer.WriteAsync(DatabaseStatements.SetConnection(_store, upTo));

    public Task SaveUserAsync(UserId user) => _writer.WriteAsync(DatabaseStatements.SetUser(_store, user));

    public void SaveClock(TimeSpan offset) => Write([DatabaseStatements.SetClock(_store, offset)], null);

    public void Insert(StoredMessage message, Body body, IInsertion insertion)
    {
        Statement[] statements = [.. DatabaseStatements.Insert(_store, message, body)];
        if (_writer.Lent?.TryJoin(statements, insertion.Completed) is true)
        {
            insertion.Joined();
            return;
        }

        _writer.Write(new Change(statements, message.Source?.Round), insertion.Completed);
    }

    public void Mark(IReadOnlyList<(long Number, MessageId Id)> messages, Action<ClientStoreException?> completed) =>
        Write([.. messages.Select(message => DatabaseStatements.Mark(_store, message.Number, message.Id))], completed);

    public void Raise(long number, MessageState state) => Write([DatabaseStatements.Raise(_store, number, state)], null);

    public void Remove(long number, Action<ClientStoreException?>? completed = null) => Write([.. DatabaseStatements.Remove(_store, number)], completed);

    public Task<IReadOnlyDictionary<long, Body>> ReadBodiesAsync(IReadOnlyList<long> numbers) =>
        _writer.AskAsync(session => DatabaseRows.Bodies(session, _store, numbers));

    public Task AdoptAsync(InboxPosition position) => _writer.WriteAsync(DatabaseStatements.Adopt(_store, position));

    public Task BeginAsync(MessageKey message) => _writer.WriteAsync(DatabaseStatements.SetBegun(_store, message));

    public async Task CommitAsync(InboxCommit commit)
    {
        await _writer.WriteAsync(Commit(commit));
        if (commit.SetAside is not null)
        {
            Interlocked.Increment(ref _setAside);
        }
    }

    public Task<bool> HasSeenAsync(MessageKey message) => _writer.AskAsync(session => DatabaseRows.HasSeen(session, _store, message));

    public Task<IInboxTransaction> BeginTransactionAsync(InboxCommit commit, CancellationToken cancellationToken) =>
        _writer.BeginTransactionAsync(Commit(commit)).OrGivenBackAsync(cancellationToken);

    public Task<IReadOnlyList<SetAsideMessage>> ReadSetAsideAsync() => _writer.AskAsync(session => DatabaseRows.SetAside(session, _store));

    public async Task<bool> RemoveSetAsideAsync(MessageKey message)
    {
        var rows = await _writer.AskAsync(session => session.Execute(DatabaseStatements.RemoveSetAside(_store, message)));
        if (_writer.Lent?.TryJoin([], fault => Interlocked.Add(ref _setAside, fault is null ? -rows : 0)) is not true)
        {
            Interlocked.Add(ref _setAside, -rows);
        }

        return rows > 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        await _writer.DisposeAsync();
    }

    /// <summary>The device that the store belongs to; made once.</summary>
    private static DeviceId Device(DatabaseSession session, string store, DeviceId? wanted)
    {
        if (session.Connection.Scalar("SELECT device FROM hexagram_client WHERE store = @store", ("store", store)) is not string known)
        {
            var device = wanted ?? MemoryClientStore.NewDevice();
            session.Execute(DatabaseStatements.SetDevice(store, device));
            return device;
        }

        if (wanted is { } other && other.Value != known)
        {
            throw new ClientStoreException($"The store '{store}' belongs to the device {known}, not to {other}. A device keeps its store: name another store, or leave the device out.");
        }

        return new DeviceId(known);
    }

    private void Write(IReadOnlyList<Statement> statements, Action<ClientStoreException?>? completed) => _writer.Write(new Change(statements), completed);

    private List<Statement> Commit(InboxCommit commit)
    {
        List<Statement> statements = [.. DatabaseStatements.Commit(_store, commit)];
        if (Interlocked.Increment(ref _commits) % ForgetEvery == 0)
        {
            statements.Add(DatabaseStatements.ForgetSeen(_store, 2 * ForgetEvery, commit.ForgetBefore, _client.SeenMax));
        }

        return statements;
    }
}
