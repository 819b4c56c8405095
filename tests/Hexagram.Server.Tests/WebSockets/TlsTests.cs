using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.Options;

namespace Hexagram.Server.Tests.WebSockets;

/// <summary>TLS on both listeners, and the certificate that is renewed while the server runs.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-tls-").FullName;
    private readonly TestAuthority _authority = new();

    private string CertificateFile => Path.Combine(_folder, "server.pem");

    private string KeyFile => Path.Combine(_folder, "server.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_session_is_opened_over_wss_also_on_HTTP2(string version)
    {
        await using var server = await StartAsync();
        using var handler = new SocketsHttpHandler { SslOptions = Tls() };
        using var http = new HttpMessageInvoker(handler);
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol(MessageForm.Json.Subprotocol);
        client.Options.HttpVersion = Version.Parse(version);
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var patience = new CancellationTokenSource(RawClient.Patience);
        await client.ConnectAsync(new Uri($"wss://{server.Http}/v1/ws"), http, patience.Token);
        var buffer = new byte[4_096];

        await client.SendAsync(RawWebSocket.Message(server.Hello("alice"), MessageForm.Json), WebSocketMessageType.Text, true, patience.Token);
        var received = await client.ReceiveAsync(buffer.AsMemory(), patience.Token);
        Assert.IsType<Welcome>(MessageForm.Json.Read(buffer.AsMemory(0, received.Count)).Packet);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);

        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
        await server.WhenSessionsAsync(0);
    }

    [Theory]
    [InlineData("https", 101)]
    [InlineData("http", 403)]
    public async Task A_page_that_came_without_TLS_cannot_open_a_session_where_TLS_is_spoken(string scheme, int status)
    {
        await using var server = await StartAsync();
        await using var tls = await ConnectAsync(server.Http);
        var own = $"localhost:{server.Http.Port}";

        await tls.WriteAsync(Encoding.ASCII.GetBytes(RawWebSocket.Request(server.Http, host: own, more: [$"Origin: {scheme}://{own}"])));
        var answer = new byte[12];
        await tls.ReadExactlyAsync(answer).AsTask().WaitAsync(RawClient.Patience);

        Assert.Equal($"HTTP/1.1 {status}", Encoding.ASCII.GetString(answer));
    }

    [Fact]
    public async Task A_session_is_opened_over_TLS_on_TCP()
    {
        await using var server = await StartAsync();
        await using var tls = await ConnectAsync(server.Tcp);
        var hello = new System.Buffers.ArrayBufferWriter<byte>();
        PacketCodec.Write(server.Hello("alice"), hello);

        await tls.WriteAsync(hello.WrittenMemory);
        var buffer = new byte[4_096];
        var read = await tls.ReadAsync(buffer).AsTask().WaitAsync(RawClient.Patience);

        var input = new System.Buffers.ReadOnlySequence<byte>(buffer, 0, read);
        Assert.Equal(PacketReadOutcome.Packet, PacketCodec.TryRead(ref input, 4_096, out var result));
        Assert.IsType<Welcome>(result.Packet);
    }

    [Fact]
    public async Task A_renewed_certificate_is_taken_up_without_a_restart()
    {
        await using var server = await StartAsync();
        await using (var before = await ConnectAsync(server.Tcp))
        {
            Assert.Equal("CN=localhost", before.RemoteCertificate!.Subject);
        }

        Write("renewed.example");
        server.Advance(TimeSpan.FromSeconds(2));

        await using var after = await ConnectAsync(server.Tcp, "renewed.example");
        Assert.Equal("CN=renewed.example", after.RemoteCertificate!.Subject);
    }

    [Fact]
    public async Task While_a_renewed_certificate_cannot_be_used_the_one_before_is()
    {
        await using var server = await StartAsync();
        await File.WriteAllTextAsync(CertificateFile, "half of it");
        File.SetLastWriteTimeUtc(CertificateFile, DateTime.UtcNow.AddSeconds(5));
        server.Advance(TimeSpan.FromSeconds(2));

        await using var tls = await ConnectAsync(server.Tcp);

        Assert.Equal("CN=localhost", tls.RemoteCertificate!.Subject);
        Assert.Contains(server.Logs.Lines, line => line.Text.Contains("cannot be used, the one before stays in use", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_does_not_trust_the_authority_goes_away()
    {
        await using var server = await StartAsync();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Tcp);
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await Assert.ThrowsAsync<AuthenticationException>(() => tls.AuthenticateAsClientAsync("localhost"));
    }

    [Fact]
    public async Task Whoever_speaks_without_TLS_gets_nothing()
    {
        await using var server = await StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync(server.Hello("alice"));
        Assert.Equal(0, server.Sessions.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handshake_that_is_not_finished_ends_with_the_time_for_Hello(bool overHttp)
    {
        await using var server = await StartAsync();
        await using var client = await RawClient.ConnectAsync(overHttp ? server.Http : server.Tcp);

        // As far as a handshake of a slow client gets: the record's head says that more is to come.
        await client.SendBytesAsync(new byte[] { 0x16, 0x03, 0x01, 0x02 });
        await server.WhenNewcomersAsync(1);
        server.Advance(ProtocolLimits.HelloTimeout);

        await client.ReceiveEndAsync();
        Assert.Equal(0, server.Sessions.Newcomers);
    }

    [Fact]
    public async Task Handshakes_count_among_those_who_say_nothing_and_the_oldest_makes_room()
    {
        await using var server = await StartAsync(options => options with { Bounds = options.Bounds with { WithoutHelloMax = 2 } });
        await using var first = await RawClient.ConnectAsync(server.Tcp);
        await server.WhenNewcomersAsync(1);
        await using var second = await RawClient.ConnectAsync(server.Http);
        await server.WhenNewcomersAsync(2);

        await using var honest = await ConnectAsync(server.Tcp);

        await first.ReceiveEndAsync();
        var hello = new System.Buffers.ArrayBufferWriter<byte>();
        PacketCodec.Write(server.Hello("alice"), hello);
        await honest.WriteAsync(hello.WrittenMemory);
        Assert.NotEqual(0, await honest.ReadAsync(new byte[1]).AsTask().WaitAsync(RawClient.Patience));
        Assert.Equal(1, server.Sessions.Newcomers);
    }

    [Fact]
    public async Task A_certificate_without_its_file_or_its_key_is_told_before_anything_listens()
    {
        await Assert.ThrowsAsync<OptionsValidationException>(() => TestServer.StartAsync(options => options with { Tls = new TlsOptions { CertificateFile = "nowhere.pem" } }));
        Write(null);
        await Assert.ThrowsAnyAsync<System.Security.Cryptography.CryptographicException>(
            () => TestServer.StartAsync(options => options with { Tls = new TlsOptions { CertificateFile = CertificateFile } }));
    }

    private Task<TestServer> StartAsync(Func<ServerOptions, ServerOptions>? change = null)
    {
        Write(null);
        return TestServer.StartAsync(options => (change?.Invoke(options) ?? options) with { Tls = new TlsOptions { CertificateFile = CertificateFile, KeyFile = KeyFile } });
    }

    private void Write(string? name)
    {
        var (certificate, key) = _authority.Sign(name);
        File.WriteAllText(CertificateFile, certificate);
        File.WriteAllText(KeyFile, key);

        // Two writes within one tick of the file system's clock must not look the same.
        File.SetLastWriteTimeUtc(KeyFile, name is null ? DateTime.UtcNow : DateTime.UtcNow.AddSeconds(5));
    }

    private SslClientAuthenticationOptions Tls(string name = "localhost")
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(_authority.Pem);
        return new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy };
    }

    private async Task<SslStream> ConnectAsync(IPEndPoint place, string name = "localhost")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(place);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(Tls(name)).WaitAsync(RawClient.Patience);
        return tls;
    }
}
