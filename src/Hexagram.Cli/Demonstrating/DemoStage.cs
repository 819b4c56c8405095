using System.Net;
using Hexagram.Chaos.Proxy;
using Hexagram.Client;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Cli.Demonstrating;

/// <summary>
/// All that a demonstration runs on: a server in a process of its own, a proxy in front of it that can lose packets, two people, and a fresh folder
/// for all of them. Whatever happens, disposing ends the process and removes the folder.
/// </summary>
internal sealed class DemoStage : IAsyncDisposable
{
    private readonly string _folder;
    private readonly ServerProcess _server;
    private readonly Surroundings _surroundings;
    private readonly FaultProxy _proxy = new();
    private readonly List<DemoPerson> _people = [];

    /// <summary>An empty stage in a fresh folder.</summary>
    public DemoStage(Surroundings surroundings)
    {
        _surroundings = surroundings;
        _folder = Directory.CreateTempSubdirectory("hexagram-demo-").FullName;
        _server = new ServerProcess(
            new HexagramProgram
            {
                FileName = OwnProgram.FileName,
                FirstWords = OwnProgram.FirstWords,
                ServerWords = OwnProgram.ServerWords(forWebSockets: false),
                IssueToken = (data, user) => OwnProgram.IssueToken(data, user, surroundings.Time),
                OpenStore = data => OwnProgram.OpenStoreAsync(data, surroundings),
            },
            _folder);
    }

    /// <summary>What really happens.</summary>
    public DemoLedger Ledger { get; } = new();

    /// <summary>The two people, once they have entered.</summary>
    public IReadOnlyList<DemoPerson> People => _people;

    /// <summary>The number of the server's process.</summary>
    public int ServerId => _server.Id;

    /// <summary>Starts the server.</summary>
    /// <exception cref="InvalidOperationException">It does not start; the message has its last words.</exception>
    public async Task StartServerAsync() => _proxy.Target = await _server.StartAsync();

    /// <summary>Kills the server as a failing machine would, and starts it again on what its disk has.</summary>
    public async Task KillServerAsync()
    {
        await _server.KillAsync();
        await StartServerAsync();
    }

    /// <summary>Brings a person in.</summary>
    public async Task EnterAsync(string name, Action<UserId, TracedPacket> trace)
    {
        var user = new UserId(name);
        var endpoint = new IPEndPoint(_proxy.EndPoint.Address, _proxy.EndPoint.Port);
        var person = await DemoPerson.OpenAsync(
            user,
            new Uri($"tcp://{endpoint}"),
            OwnProgram.IssueToken(_server.Data, user, _surroundings.Time),
            Path.Combine(_folder, name),
            Ledger,
            packet => trace(user, packet),
            _surroundings.Time);
        _people.Add(person);
        await person.WhenConnectedAsync(_surroundings.Stop);
    }

    /// <summary>Each packet takes so long, each way.</summary>
    public void Slow(TimeSpan latency) => _proxy.Delay(latency);

    /// <summary>Packets are as fast as they can be.</summary>
    public void SlowNoMore() => _proxy.Clear();

    /// <summary>Loses the next packet of a kind, and its connection with it.</summary>
    public PacketLoss Lose(PacketKind kind) => _proxy.Lose(kind);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var person in _people)
        {
            await person.DisposeAsync();
        }

        await _server.DisposeAsync();
        await _proxy.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
