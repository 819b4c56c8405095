using System.Diagnostics;
using Hexagram.Bench.Load;
using Hexagram.Client;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Bench.Sdk;

/// <summary>A load of the product's own clients: what an application sees.</summary>
internal sealed class SdkLoad(LoadSettings settings, bool isDurable) : ILoad
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Arrivals _arrivals = new(settings.Streams, settings.Findings);
    private readonly List<HexagramClient> _recipients = [];
    private readonly List<SdkSender> _senders = [];
    private readonly CancellationTokenSource _finish = CancellationTokenSource.CreateLinkedTokenSource(settings.Stop);
    private readonly string? _folder = isDurable ? Directory.CreateTempSubdirectory("hexagram-bench-clients-").FullName : null;
    private Task _sending = Task.CompletedTask;
    private long _confirmed;

    /// <inheritdoc/>
    public long Confirmed => Volatile.Read(ref _confirmed);

    /// <inheritdoc/>
    public async Task OpenAsync()
    {
        for (var number = 0; number < settings.Recipients; number++)
        {
            var recipient = await OpenAsync(settings.Recipient(number), ProtocolLimits.WindowDefault).ConfigureAwait(false);
            _recipients.Add(recipient);
            recipient.OnMessage((message, _) =>
            {
                _arrivals.Take(message.Body);
                return Task.CompletedTask;
            });
        }

        for (var number = 0; number < settings.Senders; number++)
        {
            var client = await OpenAsync(settings.Sender(number), window: 0).ConfigureAwait(false);
            _senders.Add(new SdkSender(client, number, settings));
        }

        foreach (var client in _recipients.Concat(_senders.Select(sender => sender.Client)))
        {
            await client.WhenConnectedAsync(settings.Stop).WaitAsync(Patience, settings.Stop).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Start(Pace pace) => _sending = pace.PerSecond is { } perSecond
        ? Task.Run(() => SendAtAsync(perSecond))
        : Task.WhenAll(from sender in _senders from _ in Enumerable.Range(0, pace.Window) select Task.Run(() => LoopAsync(sender)));

    /// <inheritdoc/>
    public async Task ContinueAsync(TimeSpan length)
    {
        var time = Task.Delay(length, settings.Stop);

        // A send that fails ends the run at once.
        await await Task.WhenAny(time, _sending).ConfigureAwait(false);
        await time.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task FinishAsync()
    {
        await _finish.CancelAsync().ConfigureAwait(false);
        await _sending.WaitAsync(Patience, settings.Stop).ConfigureAwait(false);
        foreach (var sender in _senders)
        {
            _arrivals.Verify(sender.Number, sender.Sent);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _finish.CancelAsync().ConfigureAwait(false);
        foreach (var client in _recipients.Concat(_senders.Select(sender => sender.Client)))
        {
            await client.DisposeAsync().ConfigureAwait(false);
        }

        _finish.Dispose();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private Task<HexagramClient> OpenAsync(UserId user, int window) => HexagramClient.OpenAsync(
        new HexagramClientOptions
        {
            Server = Address(),
            TrustedAuthorities = settings.Authorities,
            Form = settings.Transport == Transport.WebSocketJson ? PacketForm.Json : PacketForm.Binary,
            Token = settings.IssueToken(user),
            Window = window,
            Store = _folder is null ? ClientStore.InMemory() : ClientStore.Sqlite(Path.Combine(_folder, user.Value)),
        },
        settings.Stop);

    private Uri Address()
    {
        var plain = settings.Transport.Address(settings.Server);
        return settings.Authorities is null ? plain : new UriBuilder(plain) { Scheme = $"{plain.Scheme}s" }.Uri;
    }

    private async Task LoopAsync(SdkSender sender)
    {
        while (!_finish.IsCancellationRequested)
        {
            await SendAsync(sender, Stopwatch.GetTimestamp()).ConfigureAwait(false);
        }
    }

    private async Task SendAtAsync(int perSecond)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var underWay = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        for (long due = 0; !_finish.IsCancellationRequested; due++)
        {
            var intendedAt = startedAt + (long)(due * (double)Stopwatch.Frequency / perSecond);
            while (Stopwatch.GetTimestamp() < intendedAt)
            {
                await timer.WaitForNextTickAsync(settings.Stop).ConfigureAwait(false);
                underWay.RemoveAll(task => task.IsCompletedSuccessfully);
            }

            underWay.Add(SendAsync(_senders[(int)(due % _senders.Count)], intendedAt));
        }

        await Task.WhenAll(underWay).ConfigureAwait(false);
    }

    private async Task SendAsync(SdkSender sender, long begunAt)
    {
        var (number, message) = await sender.SendAsync().ConfigureAwait(false);
        await message.Delivered.ConfigureAwait(false);
        if (!_arrivals.Has(sender.Number, number))
        {
            settings.Findings.Add($"Stream {sender.Number}: message {number} was called delivered before its recipient had it.");
        }

        settings.Measured.Confirm(begunAt);
        Interlocked.Increment(ref _confirmed);
    }
}
