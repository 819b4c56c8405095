using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary><c>serve</c> with a certificate, and the commands that speak with it through TLS.</summary>
public sealed class SecureTests : IAsyncLifetime
{
    private readonly Stage _stage = new Stage().WithTls();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task A_message_goes_over_wss_and_comes_over_tcps()
    {
        var server = await _stage.ServeAsync();
        Assert.True(Assert.Single(server.JsonOutput).GetProperty("encrypted").GetBoolean());
        var receive = _stage.Run("receive", "--as", "bob", "--server", $"tcps://{_stage.Server}", "--ca", _stage.AuthorityFile!, "--count", "1", "--json");
        var send = _stage.Run("send", "--as", "alice", "--to", "bob", "--server", $"wss://{_stage.Http}", "--ca", _stage.AuthorityFile!, "--json", "--", "unseen by others");

        Assert.Equal(0, await send.EndAsync());
        Assert.Equal(0, await receive.EndAsync());
        Assert.Equal(["unseen by others"], receive.JsonOutput.Texts("text"));
    }

    [Fact]
    public async Task Without_its_authority_the_server_is_not_spoken_with()
    {
        await _stage.ServeAsync();
        var send = _stage.Run("send", "--as", "alice", "--to", "bob", "--server", $"wss://{_stage.Http}", "--timeout", "30s", "--", "no");
        await send.WhenSaidAsync("certificate");
        await send.KillAsync();

        // What could not be said then waits, and goes first.
        var receive = _stage.Run("receive", "--as", "bob", "--server", $"tcps://{_stage.Server}", "--ca", _stage.AuthorityFile!, "--count", "2", "--json");
        await _stage.Run("send", "--as", "alice", "--to", "bob", "--server", $"wss://{_stage.Http}", "--ca", _stage.AuthorityFile!, "--", "yes").EndAsync();
        Assert.Equal(0, await receive.EndAsync());
        Assert.Equal(["no", "yes"], receive.JsonOutput.Texts("text"));
    }

    [Fact]
    public async Task An_authority_for_an_address_that_is_not_encrypted_is_a_mistake()
    {
        await _stage.ServeAsync();
        var send = _stage.Run("send", "--as", "alice", "--to", "bob", "--server", _stage.Server, "--ca", _stage.AuthorityFile!, "--", "no");
        Assert.Equal(2, await send.EndAsync());
    }
}
