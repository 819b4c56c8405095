using System.Threading.Channels;
using Hexagram.Storage.Postgres.Connections;
using Hexagram.Storage.Postgres.Telemetry;
using Npgsql;

namespace Hexagram.Storage.Postgres.Reading;

/// <summary>Reads whatever gathered while all readers were busy, in one round trip. Each answer is of one moment; nothing but what is committed is seen.</summary>
internal sealed class BatchReaders
{
    // A page may be large, and whoever is last in a round trip waits for those before.
    private const int BatchMax = 32;

    private readonly Channel<ReadWork> _gathered = Channel.CreateUnbounded<ReadWork>();
    private readonly DatabaseLink _link;
    private readonly Availability _availability;
    private readonly StoreMeter _meter;
    private readonly string _database;
    private readonly Task[] _reading;

    internal BatchReaders(PostgresStoreOptions options, DatabaseLink link, Availability availability, StoreMeter meter)
    {
        (_link, _availability, _meter, _database) = (link, availability, meter, options.Describe());
        _reading = [.. Enumerable.Range(0, options.Readers).Select(_ => Detached.Run(ReadAllAsync))];
    }

    internal async ValueTask<T> AskAsync<T>(ReadWork<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_gathered.Writer.TryWrite(work))
        {
            throw new StoreUnavailableException("The mailbox store has been closed; ask again once the server is back.");
        }

        return await work.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Refuses new questions, answers those that were asked, and ends.</summary>
    internal Task StopAsync()
    {
        _gathered.Writer.TryComplete();
        return Task.WhenAll(_reading);
    }

    private async Task ReadAllAsync()
    {
        var batch = new List<ReadWork>();
        while (await _gathered.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < BatchMax && _gathered.Reader.TryRead(out var work))
            {
                batch.Add(work);
            }

            if (batch.Count > 0)
            {
                await AnswerAsync(batch);
            }
        }
    }

    private async Task AnswerAsync(List<ReadWork> batch)
    {
        for (var isAgain = false; ; isAgain = true)
        {
            try
            {
                var begun = StoreMeter.Begin();
                await ReadAsync(batch);
                _meter.Read(batch.Count, begun);
                batch.ForEach(work => work.Answer());
                return;
            }
            catch (Exception fault) when (!isAgain && SqlFaults.IsLostConnection(fault))
            {
                // A question may be asked twice, and the first connection may only have been an old one.
                _meter.Retried(fault);
                _link.LetGo();
            }
#pragma warning disable CA1031 // Whatever it was, whoever asked is told that it cannot be known.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _meter.Failed(fault);
                if (SqlFaults.IsLostConnection(fault))
                {
                    // A second connection could not be had either: whoever asks whether this server can serve is to know, though nothing was written.
                    _availability.Fail(fault);
                }

                batch.ForEach(work => work.Fail(Unreadable(fault)));
                return;
            }
        }
    }

    private async Task ReadAsync(List<ReadWork> works)
    {
        await using var connection = await _link.ConnectAsync();
        await using var batch = new NpgsqlBatch(connection);
        works.ForEach(work => batch.BatchCommands.Add(work.Command()));
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var work in works)
        {
            try
            {
                await work.ReadAsync(reader);
            }
            catch (Exception fault) when (fault is ArgumentException or InvalidDataException or InvalidCastException)
            {
                // What one mailbox holds is no reason to leave others without an answer.
                work.Fail(Unreadable(fault));
            }

            await reader.NextResultAsync();
        }
    }

    private StoreUnavailableException Unreadable(Exception cause) =>
        new($"The mailbox store in the database {_database} cannot be read at present: {cause.Message}", cause);
}
