using System.Net;
using BenchmarkDotNet.Attributes;
using Hexagram.Protocol;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hexagram.Microbenchmarks.Router;

/// <summary>A call to a user's grain in a silo as the server hosts it, which hands a hint to the one session that the user has.</summary>
public class RouterBenchmarks
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-microbenchmarks-").FullName;
    private readonly UserPost _post = new([new EntryHint(new Entry(new Sequence(1), Samples.NewId(), Samples.Alice, Samples.Now, Samples.Text), Repeated: false)], []);
    private HexagramServer _server = null!;
    private IUserRouterGrain _grain = null!;

    [GlobalSetup]
    public async Task Start()
    {
        _server = HexagramServer.Build(
            new ServerOptions
            {
                Listen = new ListenerOptions { Tcp = new(IPAddress.Loopback, 0), Http = null },
                Access = new AccessOptions { SigningKeyFile = Path.Combine(_folder, "signing.key") },
            },
            _ => RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Path.Combine(_folder, "store"), DiskReserveBytes = 0 }, TimeProvider.System),
            builder => builder.Logging.ClearProviders());
        await _server.StartAsync();

        var directory = _server.Application.Services.GetRequiredService<SessionDirectory>();
        var address = directory.NewAddress();
        directory.Add(address, new Silent());
        _grain = _server.Application.Services.GetRequiredService<UserRoutes>().Grain(Samples.Bob);
        await _grain.RegisterAsync(new SessionRecord(address, Samples.Phone, new ConnectionNumber(1), Receiving: true));
    }

    [GlobalCleanup]
    public async Task Stop()
    {
        await _server.StopAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public async Task<bool> Post() => await _grain.PostAsync(_post);

    /// <summary>A session that takes what it is told and does nothing.</summary>
    private sealed class Silent : ISessionPost
    {
        public void Notify(IReadOnlyList<EntryHint> entries)
        {
        }

        public void Report(IReadOnlyList<DeliveryReport> reports)
        {
        }

        public void Supersede()
        {
        }
    }
}
