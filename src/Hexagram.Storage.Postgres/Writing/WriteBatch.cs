using Hexagram.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>
/// What gathered while the last batch was being written, as one transaction in one round trip: locks first, then the decisions, each a command of its own and so with
/// a snapshot of its own that sees everything committed before the locks were had. So the order of commits is the order of numbers, on however many servers.
/// </summary>
internal sealed class WriteBatch(PostgresStoreOptions options)
{
    private const string Begin = "BEGIN ISOLATION LEVEL READ COMMITTED";

    // What was confirmed in the last moments may be lost with the machine: that costs a resend, and waiting for the disk would cost each confirmation.
    private const string NeedNotBeDurable = "SET LOCAL synchronous_commit = off";
    private const string Take = "SELECT ordinal, epoch FROM take($1, $2)";

    // What is accepted is on the disk, whatever the database has been told to do otherwise; and where it waits for standbys too, it still does.
    private const string TakeDurably = """
        SELECT ordinal, epoch, CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END FROM take($1, $2)
        """;

    private const string Commit = "COMMIT";

    private readonly List<AppendWork> _appends = [];
    private readonly List<ConfirmWork> _confirms = [];
    private readonly List<WriteWork> _others = [];
    private readonly List<Action> _answers = [];
    private long _bytes;

    internal int Count => _appends.Count + _confirms.Count + _others.Count;

    internal bool HasRoom => Count < options.BatchItemsMax && _bytes <= options.BatchBytesMax;

    /// <summary>Something in it must be on the disk before it is answered.</summary>
    internal bool MustBeDurable => _appends.Count > 0 || _others.Exists(work => work.MustBeDurable);

    /// <summary>The epoch when the batch was written.</summary>
    internal NumberedEpoch Epoch { get; private set; }

    private IEnumerable<WriteWork> All => [.. _appends, .. _confirms, .. _others];

    internal void Add(WriteWork work)
    {
        _bytes += work.Bytes;
        switch (work)
        {
            case AppendWork append:
                _appends.Add(append);
                break;
            case ConfirmWork confirm:
                _confirms.Add(confirm);
                break;
            default:
                _others.Add(work);
                break;
        }
    }

    /// <summary>Has everything decided and committed. Nothing is answered yet.</summary>
    /// <param name="connection">An open connection to the server that takes writes.</param>
    /// <param name="now">The moment of the batch, in milliseconds since the Unix epoch.</param>
    /// <param name="isFull">There is no room for anything new.</param>
    internal async Task WriteAsync(NpgsqlConnection connection, long now, bool isFull)
    {
        _answers.Clear();
        await using var batch = new NpgsqlBatch(connection);
        var readings = new List<Func<NpgsqlDataReader, Task<Action>>>();
        Fill(batch.BatchCommands, readings, now, isFull);
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var read in readings)
        {
            _answers.Add(await read(reader));
            await reader.NextResultAsync();
        }

        // To the very end: only behind the answer to COMMIT is anything true.
        while (await reader.NextResultAsync())
        {
        }
    }

    /// <summary>Tells everybody; after <see cref="WriteAsync"/> has succeeded.</summary>
    internal void Answer() => _answers.ForEach(answer => answer());

    /// <summary>Tells everybody that nothing is known.</summary>
    internal void Fail(StoreUnavailableException fault)
    {
        foreach (var work in All)
        {
            work.Fail(Availability.Again(fault));
        }
    }

    private void Fill(NpgsqlBatchCommandCollection commands, List<Func<NpgsqlDataReader, Task<Action>>> readings, long now, bool isFull)
    {
        commands.Add(new NpgsqlBatchCommand(Begin));
        if (!MustBeDurable)
        {
            commands.Add(new NpgsqlBatchCommand(NeedNotBeDurable));
        }

        // A full disk has no room for another mailbox; a device that opens its own is answered all the same, if it goes.
        var made = All.Where(work => work.MakesMailbox && !(isFull && work is AppendWork));
        var take = new NpgsqlBatchCommand(MustBeDurable ? TakeDurably : Take);
        take.Add(Mailboxes(All), NpgsqlDbType.Text);
        take.Add(Mailboxes(made), NpgsqlDbType.Text);
        commands.Add(take);
        readings.Add(ReadEpochAsync);
        if (_appends.Count > 0)
        {
            commands.Add(new AppendStatement(_appends).Command(now, options.Limits, isFull));
            readings.Add(async reader => ToAnswer(_appends, await AppendStatement.ReadAsync(reader), (work, result) => work.Decided(result)));
        }

        if (_confirms.Count > 0)
        {
            commands.Add(ConfirmStatement.Command(_confirms, now));
            readings.Add(async reader => ToAnswer(_confirms, await ConfirmStatement.ReadAsync(reader), (work, confirmation) => work.Answer(confirmation)));
        }

        foreach (var work in _others)
        {
            commands.Add(work.Command(now, options));
            readings.Add(work.ReadAsync);
        }

        commands.Add(new NpgsqlBatchCommand(Commit));
    }

    private static string[] Mailboxes(IEnumerable<WriteWork> works) =>
        [.. works.Where(work => work.Mailbox != default).Select(work => work.Mailbox.Value).Distinct(StringComparer.Ordinal)];

    private async Task<Action> ReadEpochAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync();
        Epoch = new NumberedEpoch(reader.GetInt32(0), reader.GetInt64(1).ToEpoch());
        return static () => { };
    }

    private static Action ToAnswer<TWork, TResult>(List<TWork> works, IReadOnlyList<TResult> results, Action<TWork, TResult> answer) => () =>
    {
        for (var i = 0; i < works.Count; i++)
        {
            answer(works[i], results[i]);
        }
    };
}
