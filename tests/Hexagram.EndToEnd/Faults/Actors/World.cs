using System.Globalization;
using Hexagram.Chaos.Proxy;
using Hexagram.Checking;
using Hexagram.EndToEnd.Programs;
using Hexagram.Protocol;
using Hexagram.Storage.RocksDb;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>A server process, application processes, and a proxy between each of these and the server. In the end it judges all that happened.</summary>
internal sealed class World(Transport transport) : IAsyncDisposable
{
    private readonly Stage _stage = new();
    private readonly List<Application> _applications = [];
    private bool _hosted;

    /// <summary>This executable, which is also every program that is no product.</summary>
    private static string Self => Path.Combine(AppContext.BaseDirectory, "Hexagram.EndToEnd");

    public Stage Stage => _stage;

    /// <summary>The server that runs now, or ran last.</summary>
    public RunningProgram Server { get; private set; } = null!;

    /// <summary>Starts <c>hexagram serve</c>, or starts it again where it was.</summary>
    public Task ServeAsync() => ServeAsync(() => (transport.IsEncrypted && _stage.AuthorityFile is null ? _stage.WithTls() : _stage).ServeAsync());

    /// <summary>The same with a <see cref="ServerProgram"/>, whose clock and disk obey.</summary>
    public Task HostAsync()
    {
        _hosted = true;
        return ServeAsync(() => _stage.ServeAsync(Self, [ServerProgram.Word]));
    }

    /// <summary>The same with any program that serves.</summary>
    public async Task ServeAsync(Func<Task<RunningProgram>> start)
    {
        Server = await start();
        foreach (var application in _applications)
        {
            application.Proxy.Target = transport.Listens(_stage);
        }
    }

    /// <summary>Starts the server again, as it was.</summary>
    public Task ServeAgainAsync() => _hosted ? HostAsync() : ServeAsync();

    /// <summary>Has a <see cref="ServerProgram"/> do something, and waits until it has.</summary>
    public async Task HaveServerAsync(string line)
    {
        var done = Server.Output.Count;
        await Server.FeedAsync(line);
        await Server.WhenPrintedAsync(done + 1);
    }

    /// <summary>An application of a user, connected; one device of each name.</summary>
    public async Task<Application> AddAsync(string user, int haste = 1)
    {
        var application = await PrepareAsync(user, haste);
        await application.StartAsync();
        return application;
    }

    /// <summary>The same, not started yet.</summary>
    public async Task<Application> PrepareAsync(string user, int haste = 1)
    {
        var party = new Party(new UserId(user), new DeviceId($"{user}-phone"));
        var folder = Path.Combine(_stage.Folder, "applications", user);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var proxy = new FaultProxy(transport.Listens(_stage));
        var token = await _stage.TokenAsync(user, "--expires", "36500d");
        string[] words = [ApplicationProgram.Word, transport.Address(proxy.EndPoint).ToString(), token, folder, party.Device.Value, haste.ToString(CultureInfo.InvariantCulture), transport.Form.ToString(), _stage.AuthorityFile ?? ""];
        var application = new Application(
            party, folder, proxy, failPoint => _stage.Run(Self, words, failPoint is null ? null : KeyValuePair.Create("HEXAGRAM_FAILPOINT", failPoint)));
        _applications.Add(application);
        return application;
    }

    /// <summary>Waits until everything is delivered, and fails unless every promise was kept. The world goes on.</summary>
    public async Task JudgeAsync()
    {
        await Task.WhenAll(_applications.Select(application => application.DrainAsync()));
        Assert.All(_applications, application => Assert.True(application.Life.IsAlive));
        var history = Record();
        Check(history);
    }

    /// <summary>The same; then ends everything, kills the server, and asks its disk as well.</summary>
    public async Task EndAndJudgeAsync()
    {
        await JudgeAsync();
        foreach (var application in _applications)
        {
            await application.EndAsync();
        }

        await Server.KillAsync();
        var history = Record();
        await AskDiskAsync(history);
        Check(history);
    }

    public async ValueTask DisposeAsync()
    {
        await _stage.DisposeAsync();
        foreach (var application in _applications)
        {
            await application.Proxy.DisposeAsync();
        }
    }

    private static void Check(History history)
    {
        var verdict = Checker.Judge(history);
        Assert.True(verdict.IsClean, $"{verdict}\n{string.Join('\n', verdict.Findings.Take(20))}");
    }

    private History Record()
    {
        var history = new History();
        foreach (var application in _applications)
        {
            var began = true;
            foreach (var one in application.Said)
            {
                if (began)
                {
                    history.Started(Spoken.Time(one.At), application.Party);
                    began = false;
                }

                Record(history, one);
            }

            foreach (var (at, text) in Ledger.Read(application.Folder))
            {
                history.Handled(Spoken.Time(at), application.Party, Parse(text));
            }
        }

        return history;
    }

    private static void Record(History history, Spoken one)
    {
        switch (one.Word)
        {
            case Spoken.Calling:
                history.Calling(Spoken.Time(one.At), Parse(one.Details[0]));
                break;
            case Spoken.Sent:
                history.Sent(Spoken.Time(one.At), Parse(one.Details[0]));
                break;
            case Spoken.Told or Spoken.Refused when one.Details.Count < 2:
                // Of an earlier life, which has said which message it was.
                break;
            case Spoken.Refused:
                history.CalledOff(Spoken.Time(one.At), Parse(one.Details[0]));
                break;
            case Spoken.Told:
                history.Told(Spoken.Time(one.At), Parse(one.Details[0]), Enum.Parse<MessageState>(one.Details[1]));
                break;
        }
    }

    /// <summary>Whatever was called accepted must stand in the server's folder.</summary>
    private async Task AskDiskAsync(History history)
    {
        history.HasDiskWitness = true;
        var options = new RocksDbStoreOptions { Folder = Path.Combine(_stage.DataFolder, "mailboxes") };
        await using var store = RocksDbMailboxStore.Open(options, TimeProvider.System);
        foreach (var application in _applications)
        {
            var after = Sequence.None;
            while (true)
            {
                var page = await store.ReadAsync(application.User, after, 1000, int.MaxValue, CancellationToken.None);
                if (page.Entries.Count == 0)
                {
                    break;
                }

                foreach (var entry in page.Entries)
                {
                    history.Kept(TimeSpan.MinValue, Parse(entry.Body.Text));
                }

                after = page.Entries[^1].Sequence;
            }
        }
    }

    private static TrackedMessage Parse(string text) =>
        TrackedMessage.TryParse(text, out var message) ? message : throw new InvalidDataException($"'{text}' is no message of a test.");
}
