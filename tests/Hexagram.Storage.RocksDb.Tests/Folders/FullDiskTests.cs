using System.Diagnostics;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Tests.Folders;

/// <summary>
/// Real disks that are full or read-only: small ones in memory, which only root can make. They run with <c>HEXAGRAM_LONG=1</c>; what
/// the store does when a write fails is tested without them in the contract's durability tests.
/// </summary>
public sealed class FullDiskTests : IAsyncDisposable
{
    private static readonly UserId Bob = new("bob");

    private readonly string _disk = Path.Combine(Path.GetTempPath(), $"hexagram-disk-{Guid.NewGuid():N}");
    private bool _mounted;

    private static bool MayMount => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1";

    private string Folder => Path.Combine(_disk, "store");

    public async ValueTask DisposeAsync()
    {
        if (_mounted)
        {
            await RunAsync("umount", _disk);
        }

        if (Directory.Exists(_disk))
        {
            Directory.Delete(_disk);
        }
    }

    [Fact]
    public async Task Full_disk_stops_the_store_and_loses_nothing_that_was_accepted()
    {
        if (!MayMount)
        {
            return;
        }

        await MountAsync("24m");
        var accepted = new List<AppendItem>();
        StoreUnavailableException? fault = null;
        await using (var store = Open(reserveBytes: 0))
        {
            while (fault is null)
            {
                var item = Message(accepted.Count);
                try
                {
                    await store.AppendAsync(item);
                    accepted.Add(item);
                }
                catch (StoreUnavailableException full)
                {
                    fault = full;
                }
            }

            Assert.Contains("No space left on device", fault.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(Message(0)));
        }

        await RunAsync("mount", "-o", "remount,size=200m", _disk);
        await CheckAsync(accepted);
    }

    [Fact]
    public async Task Reserve_asks_to_retry_later_before_the_disk_is_full()
    {
        if (!MayMount)
        {
            return;
        }

        await MountAsync("64m");
        var accepted = new List<AppendItem>();
        await using (var store = Open(reserveBytes: 40 << 20))
        {
            AppendResult result;
            do
            {
                var item = Message(accepted.Count);
                result = await store.AppendAsync(item);
                if (result.Outcome == AppendOutcome.New)
                {
                    accepted.Add(item);
                }
            }
            while (result.Outcome == AppendOutcome.New);

            Assert.Equal(AppendResult.RetryLater(ErrorCode.DiskReserve), result);
            Assert.Null(store.Fault);
        }

        await CheckAsync(accepted);
    }

    [Fact]
    public async Task Disk_that_is_full_or_read_only_at_the_start_is_told()
    {
        if (!MayMount)
        {
            return;
        }

        await MountAsync("64m");
        await using (var store = Open(reserveBytes: 0))
        {
            await store.AppendAsync(Message(1));
        }

        await RunAsync("mount", "-o", "remount,ro", _disk);
        Assert.Contains(Folder, Assert.Throws<StoreUnavailableException>(() => Open(reserveBytes: 0)).Message, StringComparison.Ordinal);
        await RunAsync("mount", "-o", "remount,rw", _disk);
        Assert.Throws<IOException>(() => File.WriteAllBytes(Path.Combine(_disk, "filler"), new byte[64 << 20]));
        Assert.Contains(Folder, Assert.Throws<StoreUnavailableException>(() => Open(reserveBytes: 0)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_disk, "filler"));
        await using var again = Open(reserveBytes: 0);
        Assert.Equal(2, (await again.AppendAsync(Message(2))).Sequence.Value);
    }

    private static AppendItem Message(int n)
    {
        // Random, for what repeats itself is compressed and fills no disk.
        var content = new byte[20_000];
        new Random(n).NextBytes(content);
        return new AppendItem(Bob, new UserId("alice"), MessageId.New(DateTimeOffset.UtcNow), Body.FromBytes(content, "application/octet-stream"), new AppendLane());
    }

    private RocksDbMailboxStore Open(long reserveBytes) => RocksDbMailboxStore.Open(
        new RocksDbStoreOptions { Folder = Folder, DiskReserveBytes = reserveBytes, WriteBufferBytes = 4 << 20, Limits = new MailboxLimits { UnconfirmedPerSenderMax = int.MaxValue } },
        TimeProvider.System);

    private async Task CheckAsync(List<AppendItem> accepted)
    {
        await using var store = Open(reserveBytes: 0);
        var page = await store.ReadAsync(Bob, Sequence.None, int.MaxValue, int.MaxValue, CancellationToken.None);
        Assert.True(page.Entries.Count >= accepted.Count);
        Assert.Equal(accepted.Select(item => item.Id), page.Entries.Take(accepted.Count).Select(entry => entry.Id));
        Assert.Equal(page.Entries.Count + 1, (await store.AppendAsync(Message(0))).Sequence.Value);
    }

    private async Task MountAsync(string size)
    {
        Directory.CreateDirectory(_disk);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", _disk);
        _mounted = true;
    }

    private static async Task RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)) ?? throw new InvalidOperationException($"{program} did not start.");
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
