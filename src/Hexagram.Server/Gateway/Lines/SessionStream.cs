using Hexagram.Delivery.Streams;
using Hexagram.Protocol;
using Hexagram.Server.Gateway.Output;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Telemetry;
using Hexagram.Storage;

namespace Hexagram.Server.Gateway.Lines;

/// <summary>
/// The msg:N of one session (PROTOCOL §5): carries out what its <see cref="DeliveryStream"/> decides. Live entries are written as they are
/// heard of; what does not fit now stays in the store and is read, page by page, as window and outgoing buffer get room.
/// </summary>
/// <remarks>Guarded by the session's lock. Nothing is read from the store inside it.</remarks>
internal sealed class SessionStream(SessionSurroundings surroundings, SessionOutput output, UserId user, Session session)
{
    /// <summary>Entries of one page; a page is held in memory while it is written.</summary>
    private const int PageEntriesMax = 256;

    private readonly SessionBounds _bounds = surroundings.Options.Bounds;
    private DeliveryStream? _stream;
    private Sequence _heard;

    /// <summary>The store is being read.</summary>
    public bool IsReading => _stream is { IsReading: true };

    /// <summary>Everything before this is told; from now on entries are brought.</summary>
    /// <param name="writing">A stay inside the lock.</param>
    /// <param name="opening">Where the device stands.</param>
    /// <param name="hello">The window that it asks for.</param>
    /// <param name="received">What earlier polls of this connection have brought.</param>
    public void Open(in SessionOutput.Writing writing, in DeviceOpening opening, Hello hello, Sequence received)
    {
        // Hints may have come since the session was registered, before the store was asked.
        _stream = new DeliveryStream(
            opening.ResumeAfter,
            Sequence.Max(opening.Position.Last, _heard),
            Math.Min(hello.Window, _bounds.WindowMax),
            Math.Min(hello.WindowBytes, _bounds.WindowBytesMax));
        _stream.Resume(received);
        Pump(writing);
    }

    /// <summary>Entries that the router has heard of.</summary>
    public void Heard(in SessionOutput.Writing writing, IReadOnlyList<EntryHint> hints)
    {
        for (var i = 0; i < hints.Count; i++)
        {
            var entry = hints[i].Entry;
            _heard = Sequence.Max(_heard, entry.Sequence);
            if (_stream is null)
            {
                continue;
            }

            if (writing.Waiting > _bounds.OutgoingBytesMax)
            {
                // It stays in the store; when the client has read what waits here, it is read from there.
                _stream.Compared(entry.Sequence);
                continue;
            }

            var decision = hints[i].Repeated ? _stream.Repeated(entry.Sequence) : _stream.Arrived(entry.Sequence, entry.Body.Content.Length);
            if (decision is StreamDecision.Notify or StreamDecision.NotifyAgain)
            {
                Write(writing, entry, decision == StreamDecision.NotifyAgain);
            }
        }

        Pump(writing);
    }

    /// <summary>The newest entry by the store, from the heartbeat.</summary>
    public void Compared(in SessionOutput.Writing writing, Sequence last)
    {
        _stream?.Compared(last);
        Pump(writing);
    }

    /// <summary>The device has confirmed up to here.</summary>
    public void Confirmed(in SessionOutput.Writing writing, Sequence upTo)
    {
        _stream?.Confirmed(upTo);
        Pump(writing);
    }

    /// <summary>Begins a read if there is something to read and room for it.</summary>
    public void Pump(in SessionOutput.Writing writing)
    {
        var room = _bounds.OutgoingBytesMax - writing.Waiting;
        if (_stream is null || writing.IsOver || room <= 0 || !_stream.TryBeginRead(out var read))
        {
            return;
        }

        var page = new StreamRead(read.After, Math.Min(read.EntriesMax, PageEntriesMax), Math.Min(read.BytesMax, room));

        // Away from the caller's thread, which may be the reader's or a grain's, and out of the lock: the store may go to its disk.
        ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Stream.ReadAsync(state.Page), (Stream: this, Page: page), preferLocal: false);
    }

    private async Task ReadAsync(StreamRead read)
    {
        try
        {
            var page = await surroundings.Store.ReadAsync(user, read.After, read.EntriesMax, read.BytesMax, session.Stopping).ConfigureAwait(false);
            using var writing = output.Enter();
            Take(writing, read, page);
        }
        catch (OperationCanceledException) when (session.Stopping.IsCancellationRequested)
        {
            // Nobody is there any more to read it.
        }
        catch (Exception fault)
        {
            session.Fail(fault);
        }
    }

    private void Take(in SessionOutput.Writing writing, StreamRead read, MailboxPage page)
    {
        if (_stream!.PageBegins(page.Position.FirstAvailable, page.Position.Last) == StreamDecision.Resynchronize)
        {
            session.End(writing, ErrorCode.Resynchronize);
            return;
        }

        foreach (var entry in page.Entries)
        {
            if (_stream.Read(entry.Sequence, entry.Body.Content.Length) == StreamDecision.Notify)
            {
                Write(writing, entry, redelivered: false);
            }
        }

        if (_stream.Sent != read.After)
        {
            // By this page, or by a confirmation that came meanwhile and found a read under way. A page that moved nothing would only be
            // read again; whatever changes that calls Pump.
            Pump(writing);
        }

        session.PageTaken(writing);
    }

    private void Write(in SessionOutput.Writing writing, Entry entry, bool redelivered)
    {
        surroundings.Meter.Notified(entry.Body.Content.Length);
        writing.Write(new MessageNotify(entry.Sequence, entry.Id, entry.From, entry.AcceptedAt, entry.Body, redelivered));
        ServerTraces.Notified(entry, redelivered);
    }
}
