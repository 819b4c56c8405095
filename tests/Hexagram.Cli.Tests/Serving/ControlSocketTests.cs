using System.Text;
using System.Text.Json;
using Hexagram.Cli.Serving;
using Hexagram.Cli.Serving.Control;
using Hexagram.Cli.Tests.CommandLine;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hexagram.Cli.Tests.Serving;

/// <summary>The socket at which a running server is asked for a second store.</summary>
public sealed class ControlSocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-control-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task A_running_server_is_backed_up_however_long_the_path_of_its_folder_is(int depth)
    {
        var data = new DataFolder(Path.Combine([_folder, .. Enumerable.Repeat("资料-a-folder", depth)]));
        data.Create();
        Assert.Equal(depth > 1, Encoding.UTF8.GetByteCount(data.ControlSocket) > 108);
        await using var store = RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = data.Mailboxes, DiskReserveBytes = 0 }, TimeProvider.System);
        await using (Assert.IsType<ControlSocket>(ControlSocket.Open(data, store, NullLogger.Instance)))
        {
            Assert.True(File.Exists(data.ControlSocket));
            var run = await CapturedRun.Of("backup", "--data", data.Path, "--to", Path.Combine(_folder, "backup"), "--json");
            Assert.Equal((ExitCode.Success, ""), (run.Code, run.Error));
            Assert.True(JsonDocument.Parse(run.Output).RootElement.GetProperty("serverRunning").GetBoolean());
        }

        Assert.False(File.Exists(data.ControlSocket));
    }

    [Fact]
    public void Of_a_short_path_nothing_is_left_behind()
    {
        var file = Path.Combine(_folder, new string('x', 120), "file");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string way;
        using (var address = ShortPath.To(file))
        {
            way = address.Path;
            File.WriteAllText(way, "reached");
        }

        Assert.Equal("reached", File.ReadAllText(file));
        Assert.False(Directory.Exists(Path.GetDirectoryName(Path.GetDirectoryName(way))));
    }
}
