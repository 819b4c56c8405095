using System.Threading.Channels;
using Hexagram.Storage.Postgres.Connections;
using Hexagram.Storage.Postgres.Telemetry;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>
/// Writes for one part of the mailboxes, one batch at a time: whatever gathered while the last was being written. So what one session asks for one recipient is
/// decided in the order of asking. After a failure all that gathered behind it fails too, or it could overtake what failed.
/// </summary>
internal sealed class BatchWriter
{
    // A collision means that somebody else got on; so many in a row mean that something is wrong.
    private const int CollisionsMax = 10;

    private readonly Channel<WriteWork> _gathered = Channel.CreateUnbounded<WriteWork>(new UnboundedChannelOptions { SingleReader = true });
    private readonly PostgresStoreOptions _options;
    private readonly DatabaseLink _link;
    private readonly Availability _availability;
    private readonly DatabaseRoom _room;
    private readonly StoreSeams _seams;
    private readonly StoreMeter _meter;
    private readonly TimeProvider _time;
    private readonly Action<NumberedEpoch> _told;
    private readonly Task _writing;

    internal BatchWriter(
        PostgresStoreOptions options,
        DatabaseLink link,
        Availability availability,
        DatabaseRoom room,
        StoreSeams seams,
        StoreMeter meter,
        TimeProvider time,
        Action<NumberedEpoch> told)
    {
        (_options, _link, _availability, _room, _seams, _meter, _time, _told) = (options, link, availability, room, seams, meter, time, told);
        _writing = Detached.Run(WriteAllAsync);
    }

    /// <summary>Hands work over; it fails at once while nothing can be written.</summary>
    internal Task<T> Ask<T>(WriteWork<T> work)
    {
        if (_availability.Fault is { } fault)
        {
            work.Fail(Availability.Again(fault));
        }
        else if (!_gathered.Writer.TryWrite(work))
        {
            work.Fail(new StoreUnavailableException("The mailbox store has been closed; ask again once the server is back."));
        }

        return work.Task;
    }

    /// <summary>Refuses new work, finishes what was handed over, and ends.</summary>
    internal Task StopAsync()
    {
        _gathered.Writer.TryComplete();
        return _writing;
    }

    private async Task WriteAllAsync()
    {
        while (await _gathered.Reader.WaitToReadAsync())
        {
            var batch = new WriteBatch(_options);
            while (batch.HasRoom && _gathered.Reader.TryRead(out var work))
            {
                batch.Add(work);
            }

            if (_availability.Fault is { } fault)
            {
                batch.Fail(fault);
            }
            else if (await WriteAsync(batch) is { } cause)
            {
                batch.Fail(_availability.Fail(cause));
                FailGathered(cause);
            }
            else
            {
                _told(batch.Epoch);
                batch.Answer();
            }
        }
    }

    /// <summary>Writes a batch, and returns why it could not be, or null.</summary>
    private async Task<Exception?> WriteAsync(WriteBatch batch)
    {
        bool? isFull = null;
        for (var collisions = 0; ;)
        {
            try
            {
                isFull ??= await _room.IsFullAsync();
                await _seams.BeforeWriting();
                var begun = StoreMeter.Begin();
                await using var connection = await _link.ConnectAsync();
                await batch.WriteAsync(connection, _time.GetUtcNow().ToUnixTimeMilliseconds(), isFull.Value);
                _meter.Written(batch.Count, batch.MustBeDurable, begun);
                return null;
            }
            catch (Exception fault) when (SqlFaults.IsCollision(fault) && collisions < CollisionsMax)
            {
                _meter.Retried(fault);
                collisions++;
            }
            catch (Exception fault) when (SqlFaults.IsFullDisk(fault) && isFull is false)
            {
                // Nothing was kept: what stands already can still be told, and the rest that it must wait.
                _meter.Retried(fault);
                _room.FoundFull();
                _link.LookAgain();
                isFull = true;
            }
#pragma warning disable CA1031 // Whatever it was, nothing is known about the batch; everybody is told so.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _meter.Failed(fault);
                return fault;
            }
        }
    }

    private void FailGathered(Exception cause)
    {
        while (_gathered.Reader.TryRead(out var work))
        {
            work.Fail(_availability.Fail(cause));
        }
    }
}
