using System.Globalization;

namespace Hexagram.EndToEnd.Programs;

/// <summary>
/// One test's own world: a temporary folder with a data folder and the states of its users, and the programs that it has started. All of
/// them are ended, and the folder is removed, when it is disposed.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly List<RunningProgram> _programs = [];
    private readonly Dictionary<string, string> _variables;
    private int _server;

    /// <summary>An empty stage.</summary>
    public Stage()
    {
        Folder = Directory.CreateTempSubdirectory("hexagram-end-to-end-").FullName;
        _variables = new Dictionary<string, string> { ["XDG_STATE_HOME"] = Path.Combine(Folder, "state"), ["HOME"] = Folder };
    }

    /// <summary>The folder that all programs run in.</summary>
    public string Folder { get; }

    /// <summary>The default data folder of a server that runs here.</summary>
    public string DataFolder => Path.Combine(Folder, "hexagram-data");

    /// <summary>Where the server of this stage listens, once it has been started.</summary>
    public string Server { get; private set; } = "127.0.0.1:0";

    /// <summary>The same for HTTP.</summary>
    public string Http { get; private set; } = "127.0.0.1:0";

    /// <summary>The authority that has signed the server's certificate; null: the server does not speak TLS.</summary>
    public string? AuthorityFile { get; private set; }

    /// <summary>Has servers that are started from now on speak TLS.</summary>
    public Stage WithTls()
    {
        var authority = new TestAuthority();
        var (certificate, key) = authority.Sign();
        AuthorityFile = Path.Combine(Folder, "authority.pem");
        File.WriteAllText(AuthorityFile, authority.Pem);
        File.WriteAllText(Path.Combine(Folder, "server.pem"), certificate);
        File.WriteAllText(Path.Combine(Folder, "server.key"), key);
        return this;
    }

    /// <summary>Sets an environment variable for the programs that are started from now on.</summary>
    public Stage With(string variable, string value)
    {
        _variables[variable] = value;
        return this;
    }

    /// <summary>Starts the program with any words.</summary>
    public RunningProgram Run(params IEnumerable<string> words) => Run(RunningProgram.Hexagram(), words);

    /// <summary>Starts another program.</summary>
    /// <param name="program">Its file.</param>
    /// <param name="words">Its command line.</param>
    /// <param name="variable">An environment variable for it alone.</param>
    public RunningProgram Run(string program, IEnumerable<string> words, KeyValuePair<string, string>? variable = null)
    {
        var variables = variable is { } one ? new Dictionary<string, string>(_variables) { [one.Key] = one.Value } : _variables;
        var running = RunningProgram.Start(program, Folder, variables, words);
        lock (_programs)
        {
            _programs.Add(running);
        }

        return running;
    }

    /// <summary>Starts a server and waits until it is ready. Started again, it listens where it listened before.</summary>
    public Task<RunningProgram> ServeAsync(params string[] words) => ServeAsync(RunningProgram.Hexagram(), ["serve", .. words]);

    /// <summary>The same with another program, which takes the options of <c>serve</c> and says when it is ready as that does.</summary>
    public async Task<RunningProgram> ServeAsync(string program, IEnumerable<string> words)
    {
        var server = Run(program, [.. words, "--json", "--tcp", Server, "--http", $"http://{Http}", .. Tls]);
        var ready = Json.Parse((await server.WhenPrintedAsync(1))[0]);
        Assert.True(ready.GetProperty("ready").GetBoolean());
        Server = ready.Text("tcp");
        Http = new Uri(ready.Text("http")).Authority;
        _server = _programs.IndexOf(server);
        return server;
    }

    /// <summary>Kills the server and starts it again, on the same data and the same port.</summary>
    public async Task<RunningProgram> RestartAsync()
    {
        await _programs[_server].KillAsync();
        return await ServeAsync();
    }

    /// <summary>Starts <c>send</c>; a text of <c>-</c> reads what the test feeds.</summary>
    public RunningProgram Send(string from, string to, string text, params string[] words) =>
        Run(["send", "--as", from, "--to", to, "--server", Server, "--json", .. words, "--", text]);

    /// <summary>Starts <c>receive</c>.</summary>
    public RunningProgram Receive(string user, params string[] words) =>
        Run(["receive", "--as", user, "--server", Server, "--json", .. words]);

    /// <summary>Starts <c>receive</c>, and waits until it is known to listen: it has printed one message, "hello" from "stage".</summary>
    public async Task<RunningProgram> ListenAsync(string user, params string[] words)
    {
        var receive = Receive(user, words);
        await Send("stage", user, "hello").EndAsync();
        await receive.WhenPrintedAsync(1);
        return receive;
    }

    /// <summary>Receives exactly <paramref name="count"/> messages, and waits for them.</summary>
    public async Task<IReadOnlyList<System.Text.Json.JsonElement>> ReceiveAllAsync(string user, int count)
    {
        var receive = Receive(user, "--count", count.ToString(CultureInfo.InvariantCulture), "--timeout", "60s");
        var code = await receive.EndAsync();
        Assert.True(code == 0, $"receive ended with {code}.\n{receive.Said}");
        return receive.JsonOutput;
    }

    /// <summary>Asks <c>token</c> for a token of this stage's server.</summary>
    public async Task<string> TokenAsync(string user, params string[] words)
    {
        var token = Run(["token", user, .. words]);
        Assert.Equal(0, await token.EndAsync());
        return Assert.Single(token.Output);
    }

    private string[] Tls => AuthorityFile is null ? [] : ["--tls-certificate", "server.pem", "--tls-key", "server.key"];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
        {
            await program.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
