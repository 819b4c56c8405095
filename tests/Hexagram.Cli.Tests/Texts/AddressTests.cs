using System.Net;
using Hexagram.Cli.Texts;
using Hexagram.Server.Configuration;

namespace Hexagram.Cli.Tests.Texts;

public sealed class AddressTests
{
    [Theory]
    [InlineData("127.0.0.1:7001", "tcp://127.0.0.1:7001/")]
    [InlineData("tcp://127.0.0.1:7001", "tcp://127.0.0.1:7001/")]
    [InlineData("tcp://127.0.0.1:7001/", "tcp://127.0.0.1:7001/")]
    [InlineData("chat.example", "tcp://chat.example:7000/")]
    [InlineData("[::1]:7001", "tcp://[::1]:7001/")]
    [InlineData("tcps://chat.example", "tcps://chat.example:7000/")]
    [InlineData("ws://127.0.0.1:7080", "ws://127.0.0.1:7080/")]
    [InlineData("wss://chat.example", "wss://chat.example/")]
    [InlineData("wss://chat.example/chat/v1/ws", "wss://chat.example/chat/v1/ws")]
    [InlineData("http://127.0.0.1:7080", "http://127.0.0.1:7080/")]
    [InlineData("https://chat.example/chat/v1", "https://chat.example/chat/v1")]
    public void A_server_is_a_host_and_a_port(string text, string expected)
    {
        Assert.True(ServerAddress.TryParse(text, out var server));
        Assert.Equal(expected, server.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://127.0.0.1:7000")]
    [InlineData("https://chat.example?query")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("127.0.0.1:7000/path")]
    [InlineData("127.0.0.1:7000?query")]
    [InlineData("alice@127.0.0.1:7000")]
    [InlineData("a b:7000")]
    [InlineData("tcps://127.0.0.1:7000/path")]
    [InlineData("wss://chat.example?query")]
    public void Anything_more_is_no_server(string text) => Assert.False(ServerAddress.TryParse(text, out _));

    [Fact]
    public void A_host_too_long_to_be_one_is_refused_and_never_thrown_at()
    {
        for (var length = 50; length < 300; length++)
        {
            var host = $"chat.{new string('m', length)}";
            Assert.Equal(ServerAddress.TryParse($"tcp://{host}:7000", out var server) ? host : null, server?.Host);
        }
    }

    [Theory]
    [InlineData("127.0.0.1:7000", "127.0.0.1:7000")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    [InlineData("[::1]:7000", "[::1]:7000")]
    [InlineData("0.0.0.0:7000", "0.0.0.0:7000")]
    public void A_listener_is_an_address_and_a_port(string text, string expected)
    {
        Assert.True(ListenAddress.TryParseTcp(text, out var endpoint));
        Assert.Equal(IPEndPoint.Parse(expected), endpoint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7000")]
    [InlineData(":7000")]
    [InlineData("::1:7000")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:+1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("example.org:7000")]
    [InlineData("[127.0.0.1]:7000")]
    public void A_listener_needs_both(string text) => Assert.False(ListenAddress.TryParseTcp(text, out _));

    [Theory]
    [InlineData("http://127.0.0.1:7080", "127.0.0.1:7080")]
    [InlineData("http://127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("http://localhost:7080/", "127.0.0.1:7080")]
    [InlineData("http://[::1]:7080", "[::1]:7080")]
    [InlineData("http://127.0.0.1", "127.0.0.1:80")]
    [InlineData("127.0.0.1:7080", "127.0.0.1:7080")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    public void Http_is_written_as_a_url_or_as_every_listener(string text, string expected)
    {
        Assert.True(ListenAddress.TryParseHttp(text, out var endpoint));
        Assert.Equal(IPEndPoint.Parse(expected), endpoint);
    }

    [Fact]
    public void Http_may_be_none()
    {
        Assert.True(ListenAddress.TryParseHttp("none", out var endpoint));
        Assert.Null(endpoint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://127.0.0.1:7080")]
    [InlineData("http://127.0.0.1:7080/path")]
    [InlineData("http://example.org:7080")]
    public void Anything_else_is_no_http(string text) => Assert.False(ListenAddress.TryParseHttp(text, out _));
}
