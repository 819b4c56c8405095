using System.Reflection;
using System.Text;
using Hexagram.Protocol;
using Hexagram.Server.Gateway;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Tests;

/// <summary>What the log holds, and what it never does.</summary>
public sealed class LogTests
{
    [Fact]
    public async Task The_log_holds_no_body_and_no_token_whatever_goes_wrong()
    {
        const string secret = "the-body-that-nobody-may-read";
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { BodyBytesMax = 100 } });
        List<string> tokens = [];
        Hello Hello(string user, int window = 0)
        {
            var hello = server.Hello(user, window);
            tokens.Add(hello.Token);
            return hello;
        }

        await using var alice = await server.OpenAsync(Hello("alice"));
        await using var bob = await server.OpenAsync(Hello("bob", window: 10));
        var request = server.Message("bob", secret);
        await TestServer.AcceptAsync(alice, request);
        await bob.ReceiveAsync<MessageNotify>();
        await server.ConfirmAsync(bob, 1);
        await alice.ReceiveAsync<AckNotify>();
        await alice.SendAsync(request with { Body = secret + "2" }, server.Message("bob", secret + new string('x', 200)));
        await alice.ReceiveAsync<Error>();
        await alice.ReceiveAsync<Error>();

        // A token that is refused, a Hello that is not one, garbage with the secret in it, a store that fails.
        await using var stranger = await server.ConnectAsync();
        await stranger.SendAsync(Hello("eve") with { Token = tokens[0] + "x" });
        await stranger.ReceiveGoodbyeAsync(ErrorCode.TokenInvalid);
        await bob.SendAsync(Hello("bob"));
        await bob.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
        await using var noise = await server.ConnectAsync();
        await noise.SendBytesAsync(new byte[] { 40, 0x0a, 38, 0x1a, 36 }.Concat(Encoding.UTF8.GetBytes(secret + secret)).ToArray());
        await noise.ReceiveUntilAsync<Goodbye>();
        server.Store.Break();
        await alice.SendAsync(server.Message("bob", secret));
        await alice.ReceiveUntilAsync<Goodbye>();
        await server.AdvanceUntilAsync(() => server.Sessions.Count == 0);

        Assert.NotEmpty(server.Logs.Lines);
        Assert.All(server.Logs.Lines, line => Assert.DoesNotContain(secret, line.Text, StringComparison.Ordinal));
        foreach (var part in tokens.SelectMany(token => token.Split('.').Skip(1)))
        {
            Assert.All(server.Logs.Lines, line => Assert.DoesNotContain(part, line.Text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_ids_of_log_lines_are_frozen()
    {
        var ids = typeof(Session).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            .Select(method => (method, log: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(method => method.log is not null)
            .ToDictionary(method => method.log!.EventId, method => $"{method.method.DeclaringType!.Name}.{method.method.Name}");

        Assert.Equal(
            new Dictionary<int, string>
            {
                [1001] = "ListenerAnnouncement.LogLoopback",
                [1002] = "ListenerAnnouncement.LogRemote",
                [1003] = "ListenerAnnouncement.LogKeyReadable",
                [1004] = "ServerCertificate.LogLoaded",
                [1005] = "ServerCertificate.LogNotRenewed",
                [1006] = "ListenerAnnouncement.LogEncrypted",
                [1101] = "SessionOpening.LogOpened",
                [1102] = "Session.LogClosed",
                [1103] = "Session.LogEnded",
                [1104] = "Session.LogLeft",
                [1105] = "Session.LogStoreUnavailable",
                [1106] = "Session.LogFailed",
                [1107] = "Session.LogAuthorizerFailed",
                [1108] = "Session.LogRouterUnavailable",
                [1110] = "Heartbeat.LogNotCompared",
                [1201] = "UserRoutes.LogHintsLost",
                [1202] = "UserRoutes.LogCallLost",
                [1301] = "Forgetting.LogForgotten",
                [1302] = "Forgetting.LogNotForgotten",
                [1401] = "PublishedKeys.LogNoKeys",
                [1402] = "PublishedKeys.LogOldKeys",
                [1403] = "PublishedKeys.LogKeys",
                [1410] = "HttpUser.LogNoUser",
                [1601] = "OtherNodes.LogHintsLost",
                [1602] = "OtherNodes.LogJoined",
                [1603] = "OtherNodes.LogGone",
                [1604] = "MembershipLoss.LogLost",
            },
            ids);
    }
}
