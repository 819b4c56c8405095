using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Hexagram.Client.Connections;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>Connections through TLS: with whom the client speaks, and with whom not.</summary>
public sealed class SecureConnectionTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SecureConnectionTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_server_is_trusted_whose_certificate_a_given_authority_has_signed()
    {
        var serving = ServeAsync(null);
        await using var transport = await Dialer.DialAsync(Options("127.0.0.1", _authority), CancellationToken.None);
        Assert.Null(await serving);
    }

    [Theory]
    [InlineData("127.0.0.1", null, false)]
    [InlineData("127.0.0.1", "chat.example", true)]
    [InlineData("127.0.0.1", null, null)]
    public async Task A_server_that_is_not_trusted_or_has_another_name_is_not_spoken_with(string host, string? certified, bool? trusts)
    {
        var serving = ServeAsync(certified);
        var options = Options(host, trusts switch { true => _authority, false => new TestAuthority(), null => null });

        var fault = await Assert.ThrowsAnyAsync<Exception>(() => Dialer.DialAsync(options, CancellationToken.None).Within());

        Assert.True(Dialer.IsFailure(fault), $"{fault}");
        await serving;
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:7000")]
    [InlineData("ws://127.0.0.1:7080")]
    public void Authorities_for_a_connection_that_is_not_encrypted_are_a_mistake_that_is_told(string server)
    {
        var options = Options("127.0.0.1", _authority) with { Server = new Uri(server) };
        Assert.Contains("not encrypted", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_is_spoken_on_WebSockets_alone()
    {
        var options = Options("127.0.0.1", null) with { Form = PacketForm.Json };
        Assert.Contains("WebSockets alone", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
        (options with { Server = new Uri("wss://chat.example") }).Validate();
    }

    private HexagramClientOptions Options(string host, TestAuthority? authority)
    {
        X509Certificate2Collection? trusted = null;
        if (authority is not null)
        {
            trusted = [];
            trusted.ImportFromPem(authority.Pem);
        }

        return new HexagramClientOptions
        {
            Server = new Uri($"tcps://{host}:{((IPEndPoint)_listener.LocalEndpoint).Port}"),
            Token = "a.token",
            Store = ClientStore.InMemory(),
            TrustedAuthorities = trusted,
        };
    }

    /// <summary>One handshake as a server. Null when it succeeded.</summary>
    private async Task<Exception?> ServeAsync(string? name)
    {
        var (certificate, key) = _authority.Sign(name);
        using var own = X509Certificate2.CreateFromPem(certificate, key);
        using var client = await _listener.AcceptTcpClientAsync().Within();
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(own).Within();
            return null;
        }
        catch (Exception fault) when (Dialer.IsFailure(fault))
        {
            return fault;
        }
    }
}
