using System.Diagnostics;
using Hexagram.Bench.Load;

namespace Hexagram.Bench.Wire;

/// <summary>
/// A load of connections that cost next to nothing, all driven by the thread that calls. Its operations complete before they return; the interface
/// has tasks because other loads need them.
/// </summary>
internal sealed class WireLoad : ILoad
{
    /// <summary>Fewer than a server's queue of connections that it has not accepted yet usually holds.</summary>
    private const int OpeningMax = 256;

    private const int SecondsPerDay = 86_400;

    /// <summary>Without anything confirmed for so long, nothing will be.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly LoadSettings _settings;
    private readonly WireLoop _loop;
    private readonly WireTraffic _traffic;
    private readonly List<WireRecipient> _recipients = [];
    private readonly List<WireSender> _senders = [];
    private Pace _pace = new(0, null);
    private long _startedAt;
    private long _due;

    public WireLoad(LoadSettings settings)
    {
        _settings = settings;
        _loop = new WireLoop(settings.Server, settings.Stop);
        _traffic = new WireTraffic
        {
            BodyBytes = settings.BodyBytes,
            Ids = new NumberedId(settings.Tag),
            Arrivals = new Arrivals(settings.Senders, settings.Findings),
            Findings = settings.Findings,
            Measured = settings.Measured,
        };
        for (var number = 0; number < settings.Recipients; number++)
        {
            _recipients.Add(new WireRecipient(_loop, settings.IssueToken(settings.Recipient(number)), _traffic.Arrivals, settings.Findings));
        }

        for (var number = 0; number < settings.Senders; number++)
        {
            var stream = new WireStream(number, settings.Recipient(number));
            _senders.Add(new WireSender(_loop, settings.IssueToken(settings.Sender(number)), stream, _traffic));
        }
    }

    /// <inheritdoc/>
    public long Confirmed => _traffic.Confirmed;

    /// <inheritdoc/>
    public Task OpenAsync()
    {
        Open(_recipients, OpeningMax);
        Open(_senders, OpeningMax);
        return Task.CompletedTask;
    }

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

    /// <inheritdoc/>
    public Task FinishAsync()
    {
        _traffic.Window = 0;
        RunUntil(() => _traffic.Confirmed == _traffic.Sent, () => _traffic.Confirmed);
        _settings.Findings.Add("Messages were not called delivered in time.", _traffic.Sent - _traffic.Confirmed);
        foreach (var sender in _senders)
        {
            _traffic.Arrivals.Verify(sender.Stream.Number, sender.Flights.Sent);
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
            throw new InvalidOperationException($"The server has not welcomed {_loop.Opening} connections within {Patience.TotalSeconds} s.");
        }
    }

    /// <summary>Goes on until it is so, or nothing has moved for too long.</summary>
    private void RunUntil(Func<bool> isSo, Func<long> position)
    {
        var last = position();
        var movedAt = Stopwatch.GetTimestamp();
        var never = movedAt + (Stopwatch.Frequency * SecondsPerDay);
        while (!isSo() && Stopwatch.GetElapsedTime(movedAt) < Patience)
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
