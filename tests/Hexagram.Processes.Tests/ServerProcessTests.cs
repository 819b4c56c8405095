using System.Net;

namespace Hexagram.Processes.Tests;

/// <summary>A server as a process, with a shell script in its place.</summary>
public sealed class ServerProcessTests : IDisposable
{
    private const string Ready = """echo '{"ready":true,"tcp":"127.0.0.1:7"}'; """;
    private const string UntilInputEnds = "read -r line";

    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-processes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_server_is_started_when_it_says_where_it_listens()
    {
        await using var server = Script(Ready + UntilInputEnds);

        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 7), await server.StartAsync());
        Assert.True(server.IsAlive);
        Assert.True(server.Startup > TimeSpan.Zero);
        Assert.True(await server.KillAsync());
        Assert.False(server.IsAlive);
    }

    [Fact]
    public async Task A_server_that_ends_before_it_is_ready_leaves_its_last_words()
    {
        await using var server = Script("echo 'the port is taken' >&2; exit 3");

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(server.StartAsync);

        Assert.Contains("exit code 3: the port is taken", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_asked_to_end_and_does_so_in_order_is_not_blamed()
    {
        await using var server = Script($"trap 'exit 0' TERM; {Ready}{UntilInputEnds}");
        await server.StartAsync();

        Assert.Null(await server.EndAsync());
        Assert.Equal(0, server.ExitCode);
    }

    [Fact]
    public async Task The_environment_is_the_programs_own()
    {
        await using var server = new ServerProcess(
            Program($$"""echo "{\"tcp\":\"127.0.0.1:$PORT\"}"; {{UntilInputEnds}}""") with { Environment = new Dictionary<string, string> { ["PORT"] = "9" } },
            _folder);

        Assert.Equal(9, (await server.StartAsync()).Port);
    }

    private ServerProcess Script(string script) => new(Program(script), _folder);

    private static HexagramProgram Program(string script) => new()
    {
        FileName = "/bin/sh",
        FirstWords = ["-c", script],
        ServerWords = _ => [],
        IssueToken = (_, _) => throw new NotSupportedException(),
        OpenStore = _ => throw new NotSupportedException(),
    };
}
