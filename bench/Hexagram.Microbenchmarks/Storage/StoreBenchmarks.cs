using BenchmarkDotNet.Attributes;
using Hexagram.Protocol;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;

namespace Hexagram.Microbenchmarks.Storage;

/// <summary>
/// The embedded store in a folder of its own under the system's temporary one, with its syncs. Appends and confirmations come as they do from
/// busy sessions, many before the first is answered; the figures are for one of them.
/// </summary>
public class StoreBenchmarks
{
    private const int Batch = 256;

    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-microbenchmarks-").FullName;
    private readonly UserId[] _mailboxes = [.. Enumerable.Range(0, Batch).Select(n => new UserId($"user-{n}"))];
    private readonly AppendLane _lane = new();
    private readonly Task<AppendResult>[] _appends = new Task<AppendResult>[Batch];
    private readonly Task<Confirmation>[] _confirmations = new Task<Confirmation>[Batch];
    private RocksDbMailboxStore _store = null!;
    private Sequence _last;

    [GlobalSetup]
    public async Task Open()
    {
        // A whole run goes into few mailboxes, so that only the disk bounds it.
        _store = RocksDbMailboxStore.Open(
            new RocksDbStoreOptions
            {
                Folder = _folder,
                DiskReserveBytes = 0,
                Limits = new MailboxLimits { UnconfirmedMax = int.MaxValue, UnconfirmedPerSenderMax = int.MaxValue, ClockSkewMax = TimeSpan.FromDays(36_500) },
            },
            TimeProvider.System);
        foreach (var mailbox in _mailboxes)
        {
            await _store.OpenDeviceAsync(new DeviceHello(mailbox, Samples.Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        }

        for (var n = 0; n < Batch; n++)
        {
            await AppendToAll();
        }
    }

    [GlobalCleanup]
    public async Task Close()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Alone: a commit and a sync for one message.</summary>
    [Benchmark]
    public async Task<AppendResult> AppendOne() => await _store.AppendAsync(new AppendItem(Samples.Bob, Samples.Alice, Samples.NewId(), Samples.Text, _lane));

    /// <summary>One message to each of 256 mailboxes at once.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public async Task AppendToAll()
    {
        for (var n = 0; n < Batch; n++)
        {
            _appends[n] = _store.AppendAsync(new AppendItem(_mailboxes[n], Samples.Alice, Samples.NewId(), Samples.Text, _lane)).AsTask();
        }

        _last = (await Task.WhenAll(_appends))[0].Sequence;
    }

    /// <summary>256 entries of one mailbox, as a page.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public async Task<MailboxPage> Read() => await _store.ReadAsync(_mailboxes[7], Sequence.None, Batch, 4 << 20, CancellationToken.None);

    [IterationSetup(Target = nameof(ConfirmAll))]
    public void AppendBefore() => AppendToAll().GetAwaiter().GetResult();

    /// <summary>One new entry of each of 256 mailboxes, confirmed at once.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public async Task ConfirmAll()
    {
        for (var n = 0; n < Batch; n++)
        {
            _confirmations[n] = _store.ConfirmAsync(_mailboxes[n], Samples.Phone, _store.Epoch, _last).AsTask();
        }

        await Task.WhenAll(_confirmations);
    }
}
