using System.Text.Json;
using Hexagram.Server.Authentication;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Cli.Tests.CommandLine;

/// <summary><c>token</c> in this process.</summary>
public sealed class TokenTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hexagram-token-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_token_is_good_for_its_user_until_it_expires()
    {
        var run = await CapturedRun.Of("token", "alice", "--data", _folder.FullName, "--expires", "5m", "--json");

        Assert.Equal(ExitCode.Success, run.Code);
        var printed = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("alice", printed.GetProperty("user").GetString());
        Assert.Equal("2026-01-02T03:09:05.000Z", printed.GetProperty("expiresAt").GetString());
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var server = new JwtAuthenticator(SigningKey.Open(Path.Combine(_folder.FullName, "token.key")), time);
        var authentication = await server.AuthenticateAsync(printed.GetProperty("token").GetString()!, TestContext.Current.CancellationToken);
        Assert.Equal("alice", authentication.User.Value);
        Assert.Equal(time.GetUtcNow() + TimeSpan.FromMinutes(5), authentication.ExpiresAt);
    }

    [Fact]
    public async Task In_words_it_is_the_token_alone()
    {
        var run = await CapturedRun.Of("token", "alice", "--data", _folder.FullName);

        Assert.Matches(@"^[\w-]+\.[\w-]+\.[\w-]+\n$", run.Output);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task The_folder_can_come_from_the_environment()
    {
        var run = await CapturedRun.Of(new Dictionary<string, string> { ["HEXAGRAM__DATA"] = _folder.FullName }, "token", "alice");

        Assert.Equal(ExitCode.Success, run.Code);
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "token.key")));
    }
}
