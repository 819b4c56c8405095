using System.Diagnostics;
using Hexagram.Bench.Load;

namespace Hexagram.Bench.Wire;

/// <summary>
/// A load of connections that cost next to nothing, all driven by the thread that calls. What returns a task has completed by then; the
/// interface has tasks because other loads need them.
/// </summary>
internal sealed class WireLoad : ILoad
{
    /// <summary>Fewer than a server's queue of connections that it has not accepted yet usually holds.</summary>
    private const int OpeningMax = 256;

    private const int SecondsPerDay = 86_400;

    private readonly LoadSettings _settings;
    private readonly WireLoop _loop;
    private readonly WireTraffic _traffic;
    private readonly List<WireStream> _streams;
    private readonly List<WireRecipient> _recipients;
    private readonly List<WireSender> _senders;
    private Pace _pace = new(0, null);
    private long _startedAt;
    private long _due;

    public WireLoad(LoadSettings settings)
    {
        _settings = settings;
        _loop = new WireLoop(settings.Server, new WireFraming(settings.Transport, settings.Server.ToString()), settings.Stop);
        _traffic = new WireTraffic
        {
            Senders = settings.Senders,
            BodyBytes = settings.BodyBytes,
            Ids = new NumberedId(settings.Tag),
            Arrivals = new Arrivals(settings.Streams, settings.Findings),
            Findings = settings.Findings,
            Measured = settings.Measured,
        };
        _streams = [.. Enumerable.Range(0, settings.Streams).Select(number => new WireStream(number, settings.Recipient(number)))];
        _recipients = [.. Enumerable.Range(0, settings.Recipients)
            .Select(number => new WireRecipient(_loop, settings.IssueToken(settings.Recipient(number)), _traffic) { Server = settings.RecipientsAt })];
        var dealt = _streams.ToLookup(stream => stream.Number % settings.Senders);
        _senders = [.. Enumerable.Range(0, settings.Senders).Select(number => new WireSender(
            _loop,
            settings.IssueToken(settings.Sender(number)),
            [.. dealt[number]],
            _traffic))];
    }

    /// <inheritdoc/>
    public long Confirmed => _traffic.Confirmed;

    /// <summary>Messages that recipients have taken.</summary>
    public long Taken => _traffic.Taken;

    /// <summary>Messages that the server has accepted.</summary>
    public long Accepted => _traffic.Accepted;

    /// <inheritdoc/>
    public Task OpenAsync()
    {
        OpenRecipients(0, _recipients.Count);
        Open(_senders, OpeningMax);
        return Task.CompletedTask;
    }

    /// <summary>Connects some of the recipients.</summary>
    public void OpenRecipients(int from, int to) => Open(_recipients[from..to], OpeningMax);

    /// <inheritdoc/>
    public void Start(Pace pace)
    {
        _pace = pace;
        _startedAt = Stopwatch.GetTimestamp();
        _due = 0;
        if (pace.PerSecond is null)
        {
            _traffic.Window = pace.Window;
            _senders.ForEach(sender => sender.Begin());
        }
    }

    /// <inheritdoc/>
    public Task ContinueAsync(TimeSpan length)
    {
        var end = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() is var now && now < end)
        {
            _loop.Turn(_pace.PerSecond is { } perSecond ? Math.Min(end, SendWhatIsDue(now, perSecond)) : end);
        }

        return Task.CompletedTask;
    }

    /// <summary>All recipients are gone, as devices whose batteries are empty.</summary>
    public void Leave() => _recipients.ForEach(recipient => recipient.Close());

    /// <summary>Sends until each stream has so many messages and the server has accepted all of them.</summary>
    public void Store(int messagesPerStream, int window)
    {
        _traffic.UntilAccepted = true;
        _traffic.MessagesMax = messagesPerStream;
        Start(new Pace(window, null));
        var wanted = (long)messagesPerStream * _streams.Count;
        RunUntil(() => _traffic.Accepted == wanted, () => _traffic.Accepted);
        _settings.Findings.Add("Messages were not accepted in time.", wanted - _traffic.Accepted);
    }

    /// <summary>All recipients come back at the same moment, and take what waits for them until the server has noted that they have it.</summary>
    public void Drain()
    {
        foreach (var recipient in _recipients)
        {
            _loop.Open(recipient);
        }

        RunUntil(() => _loop.Opening == 0 && Taken == _traffic.Sent && _recipients.TrueForAll(recipient => recipient.IsConfirmed), () => Taken - _loop.Opening);
    }

    /// <inheritdoc/>
    public Task FinishAsync()
    {
        _traffic.Window = 0;
        RunUntil(() => _traffic.Confirmed == _traffic.Sent, () => _traffic.Confirmed);
        _settings.Findings.Add("Messages were not called delivered in time.", _traffic.Sent - _traffic.Confirmed);
        foreach (var stream in _streams)
        {
            _traffic.Arrivals.Verify(stream.Number, stream.Flights.Sent);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _loop.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Open(IReadOnlyList<WireConnection> connections, int openingMax)
    {
        foreach (var connection in connections)
        {
            _loop.Open(connection);
            if (_loop.Opening >= openingMax)
            {
                RunUntil(() => _loop.Opening < openingMax, () => _loop.Opening);
            }
        }

        RunUntil(() => _loop.Opening == 0, () => _loop.Opening);
        if (_loop.Opening > 0)
        {
            throw new InvalidOperationException($"The server has not welcomed {_loop.Opening} connections within {_settings.Patience.TotalSeconds} s.");
        }
    }

    /// <summary>Goes on until it is so, or nothing has moved for too long.</summary>
    private void RunUntil(Func<bool> isSo, Func<long> position)
    {
        var last = position();
        var movedAt = Stopwatch.GetTimestamp();
        var never = movedAt + (Stopwatch.Frequency * SecondsPerDay);
        while (!isSo() && Stopwatch.GetElapsedTime(movedAt) < _settings.Patience)
        {
            _loop.Turn(never);
            if (position() is var now && now != last)
            {
                last = now;
                movedAt = Stopwatch.GetTimestamp();
            }
        }
    }

    /// <returns>When the next one is due, as a timestamp of Stopwatch.</returns>
    private long SendWhatIsDue(long now, int perSecond)
    {
        while (DueAt() is var intendedAt)
        {
            if (intendedAt > now)
            {
                return intendedAt;
            }

            _senders[(int)(_due % _senders.Count)].Send(intendedAt);
            _due++;
        }

        return now;
        long DueAt() => _startedAt + (long)(_due * (double)Stopwatch.Frequency / perSecond);
    }
}
