using System.Net;
using Hexagram.Protocol;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hexagram.Server.Tests;

/// <summary>How a server is put together.</summary>
public sealed class HostingTests
{
    [Fact]
    public async Task Two_servers_in_one_process_know_nothing_of_each_other()
    {
        await using var first = await TestServer.StartAsync();
        await using var second = await TestServer.StartAsync();
        await using var bobAtFirst = await first.ReceiverAsync("bob");
        await using var bobAtSecond = await second.ReceiverAsync("bob");
        await using var alice = await first.SenderAsync("alice");

        await TestServer.AcceptAsync(alice, first.Message("bob", "at the first"));

        await bobAtFirst.ReceiveAsync<MessageNotify>();
        Assert.Empty(await bobAtSecond.SettleAsync());
        await using var stranger = await second.ConnectAsync();
        await stranger.SendAsync(first.Hello("alice"));
        await stranger.ReceiveGoodbyeAsync(ErrorCode.TokenInvalid);
    }

    [Fact]
    public async Task A_server_listens_on_loopback_and_says_so()
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal(IPAddress.Loopback, server.Tcp.Address);
        Assert.NotEqual(0, server.Tcp.Port);
        var said = Assert.Single(server.Logs.Lines, line => line.Id.Id == 1001);
        Assert.Contains($"{server.Tcp}", said.Text, StringComparison.Ordinal);
        Assert.Contains("Loopback only", said.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_told()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var key = Path.GetTempFileName();
        File.WriteAllText(key, Convert.ToBase64String(new byte[32]));
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        await using var server = await TestServer.StartAsync(options => options with { Access = options.Access with { SigningKeyFile = key } });

        Assert.Equal(LogLevel.Warning, Assert.Single(server.Logs.Lines, line => line.Id.Id == 1003).Level);
        File.Delete(key);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.1")]
    [InlineData("::")]
    public void An_address_that_others_can_reach_is_refused_unless_it_is_allowed(string address)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(address), 0);
        var validator = new ServerOptionsValidator();
        foreach (var listen in new[] { new ListenerOptions { Tcp = endpoint }, new ListenerOptions { Http = endpoint } })
        {
            var result = validator.Validate(null, new ServerOptions { Listen = listen });
            Assert.Contains("AllowRemote", Assert.Single(result.Failures!), StringComparison.Ordinal);
            Assert.True(validator.Validate(null, new ServerOptions { Listen = listen with { AllowRemote = true } }).Succeeded);
        }
    }

    public static TheoryData<string, ServerOptions> ImpossibleOptions => new()
    {
        { "Times.SilenceMax", new() { Times = new() { PingAfter = TimeSpan.FromSeconds(45) } } },
        { "Times.HelloTimeout", new() { Times = new() { HelloTimeout = TimeSpan.Zero } } },
        { "Times.DrainMax", new() { Times = new() { DrainMax = TimeSpan.FromSeconds(10) } } },
        { "Bounds.BodyBytesMax", new() { Bounds = new() { BodyBytesMax = ProtocolLimits.BodyBytesMaxCeiling + 1 } } },
        { "Bounds.WindowMax", new() { Bounds = new() { WindowMax = 0 } } },
        { "Bounds.SessionsMax", new() { Bounds = new() { SessionsMax = 0 } } },
        { "Router.Heartbeat", new() { Router = new() { Heartbeat = TimeSpan.Zero } } },
        { "Access.AuthorizerTimeout", new() { Access = new() { AuthorizerTimeout = TimeSpan.FromDays(1) } } },
        { "Access.Tokens.KeySetUrl", new() { Access = new() { Tokens = new() { KeySetUrl = "http://id.example/keys", Issuer = "i", Audience = "a" } } } },
        { "Access.Tokens.Issuer and Access.Tokens.Audience", new() { Access = new() { Tokens = new() { KeySetUrl = "https://id.example/keys", Issuer = "i" } } } },
        { "Access.Tokens.PublicKeyFile and", new() { Access = new() { Tokens = new() { PublicKeyFile = "f", KeySetUrl = "https://id.example/keys", Issuer = "i", Audience = "a" } } } },
        { "Access.Tokens.Issuer or", new() { Access = new() { Tokens = new() { Audience = "a" } } } },
        { "Access.Tokens.KeySetPause", new() { Access = new() { Tokens = new() { KeySetPause = TimeSpan.Zero } } } },
        { "Horizon", new() { Horizon = TimeSpan.FromDays(40_000) } },
    };

    [Theory]
    [MemberData(nameof(ImpossibleOptions), DisableDiscoveryEnumeration = true)]
    public void Options_that_cannot_work_are_named_before_anything_starts(string name, ServerOptions options)
    {
        var fault = Assert.Throws<OptionsValidationException>(() => HexagramServer.Build(options, _ => throw new InvalidOperationException("No store is opened.")));

        Assert.StartsWith(name, Assert.Single(fault.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_can_work() => Assert.True(new ServerOptionsValidator().Validate(null, new ServerOptions()).Succeeded);

    [Fact]
    public async Task A_server_without_a_way_to_authenticate_does_not_start()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            TestServer.StartAsync(options => options with { Access = new() }));

        Assert.Contains("SigningKeyFile", fault.Message, StringComparison.Ordinal);
    }
}
