using System.Text.Json;
using Hexagram.Cli.Tests.CommandLine;
using Hexagram.Protocol;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;

namespace Hexagram.Cli.Tests.Inspecting;

/// <summary>What <c>inspect</c> prints.</summary>
public sealed class InspectTests : IAsyncLifetime
{
    private static readonly UserId Alice = new("alice");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hexagram-inspect-");
    private MessageId _first;

    public async ValueTask InitializeAsync()
    {
        await using var store = RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Path.Combine(_folder.FullName, "mailboxes") }, TimeProvider.System);
        foreach (var user in new[] { "bob", "carol", "dave" })
        {
            for (var n = 0; n < 3; n++)
            {
                var id = MessageId.New(DateTimeOffset.UtcNow);
                _first = _first == default ? id : _first;
                await store.AppendAsync(new AppendItem(new UserId(user), Alice, id, Body.FromText("secret words"), new AppendLane()));
            }
        }

        var bob = new UserId("bob");
        await store.OpenDeviceAsync(new DeviceHello(bob, new DeviceId("phone"), Epoch.None, Sequence.None, StreamStart.Oldest));
        await store.ConfirmAsync(bob, new DeviceId("phone"), store.Epoch, new Sequence(2));
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_list_goes_on_where_the_last_one_ended()
    {
        var first = await RunAsync("--limit", "2", "--json");
        var rest = await RunAsync("--after", "carol", "--json");

        Assert.Equal(["bob", "carol"], Values(first, "mailbox"));
        Assert.Contains("--after carol", first.Error, StringComparison.Ordinal);
        Assert.Equal(["dave"], Values(rest, "mailbox"));
        Assert.Empty(rest.Error);
    }

    [Fact]
    public async Task A_mailbox_shows_devices_cursors_and_what_is_unconfirmed()
    {
        var run = await RunAsync("--mailbox", "bob", "--unconfirmed", "--json");
        var lines = Objects(run);

        Assert.Equal(1, lines[0].GetProperty("unconfirmed").GetInt32());
        Assert.Equal(2, lines[0].GetProperty("devices")[0].GetProperty("cursor").GetInt32());
        Assert.Equal(3, Assert.Single(lines.Skip(1)).GetProperty("sequence").GetInt32());
        var words = await RunAsync("--mailbox", "bob");
        Assert.Contains("device phone: confirmed 1 to 2", words.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret words", words.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_is_found_by_its_id_alone()
    {
        var run = await RunAsync("--message", _first.ToString(), "--json");
        var found = Assert.Single(Objects(run));

        Assert.Equal("bob", found.GetProperty("mailbox").GetString());
        Assert.True(found.GetProperty("delivered").GetBoolean());
        Assert.Equal("phone", found.GetProperty("confirmedBy")[0].GetString());
    }

    [Fact]
    public async Task What_is_not_there_is_told()
    {
        Assert.Equal(ExitCode.Failure, (await RunAsync("--mailbox", "nobody")).Code);
        Assert.Equal(ExitCode.Failure, (await RunAsync("--message", MessageId.New(DateTimeOffset.UtcNow).ToString())).Code);
        Assert.Equal(ExitCode.Usage, (await RunAsync("--mailbox", "bob", "--after", "x")).Code);
        Assert.Equal(ExitCode.Failure, (await CapturedRun.Of("inspect", "--data", Path.Combine(_folder.FullName, "elsewhere"))).Code);
    }

    private static IReadOnlyList<JsonElement> Objects(CapturedRun run)
    {
        Assert.True(run.Code == ExitCode.Success, run.Error);
        return [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static IEnumerable<string?> Values(CapturedRun run, string name) =>
        Objects(run).Where(one => one.TryGetProperty(name, out _)).Select(one => one.GetProperty(name).GetString());

    private Task<CapturedRun> RunAsync(params string[] words) => CapturedRun.Of(["inspect", "--data", _folder.FullName, .. words]);
}
