using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Tests.Tokens;

/// <summary>Keys that a provider publishes: they come and go, and so does the provider.</summary>
public sealed class PublishedKeysTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly LogCollector _logs = new();
    private readonly ProviderSigner _first = ProviderSigner.Curve("first");
    private readonly ProviderSigner _second = ProviderSigner.Rsa("second");
    private KeySetServer _server = null!;
    private PublishedKeys _keys = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await KeySetServer.StartAsync();
        _keys = NewKeys();
    }

    public async ValueTask DisposeAsync()
    {
        _keys.Dispose();
        _first.Dispose();
        _second.Dispose();
        _logs.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_token_of_a_published_key_proves_its_user()
    {
        _server.Publish(_first, _second);

        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
        Assert.Equal(ErrorCode.None, await CodeAsync(_second));
        Assert.Equal(1, _server.Requests);
    }

    [Fact]
    public async Task A_key_that_is_not_known_is_asked_for_and_the_old_one_is_kept_while_it_is_published()
    {
        _server.Publish(_first);
        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
        _server.Publish(_first, _second);
        Pass(30);

        Assert.Equal(ErrorCode.None, await CodeAsync(_second));
        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
        Assert.Equal(2, _server.Requests);
    }

    [Fact]
    public async Task However_many_unknown_keys_are_named_the_provider_is_asked_seldom()
    {
        _server.Publish(_first);
        Assert.Equal(ErrorCode.None, await CodeAsync(_first));

        // Just asked: whether the provider has published it since cannot be told.
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(ErrorCode.AuthenticatorUnavailable, await CodeAsync(_second));
        }

        Assert.Equal(1, _server.Requests);
        Pass(30);
        Assert.Equal(ErrorCode.TokenInvalid, await CodeAsync(_second));
        Assert.Equal(ErrorCode.AuthenticatorUnavailable, await CodeAsync(_second));
        Assert.Equal(2, _server.Requests);
    }

    [Fact]
    public async Task When_the_provider_is_away_the_keys_of_last_time_go_on()
    {
        _server.Publish(_first);
        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
        _server.Break();
        Pass(3_600);

        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
        await _server.WhenAskedAsync(2);
        Pass(3_600);
        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
        Pass(30);
        Assert.Equal(ErrorCode.AuthenticatorUnavailable, await CodeAsync(_second));
        Assert.Contains(_logs.Lines, line => line.Id.Id == 1402 && line.Text.Contains(_server.Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_is_published_no_longer_is_soon_used_no_longer()
    {
        _server.Publish(_first);
        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
        _server.Publish(_second);
        Pass(3_600);

        // The new edition may come a moment after the question that had it fetched; the first is gone with it.
        await CodeAsync(_first);
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while (await CodeAsync(_second) != ErrorCode.None)
        {
            patience.Token.ThrowIfCancellationRequested();
        }

        Assert.NotEqual(ErrorCode.None, await CodeAsync(_first));
    }

    [Fact]
    public async Task A_server_that_starts_while_the_provider_is_away_says_so_and_tells_clients_to_come_again()
    {
        await _keys.StartAsync(CancellationToken.None);
        await _server.WhenAskedAsync(1);
        Assert.Equal(ErrorCode.AuthenticatorUnavailable, await CodeAsync(_first));
        Assert.Contains(_logs.Lines, line => line is { Id.Id: 1401, Level: LogLevel.Error });

        _server.Publish(_first);
        Pass(30);

        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("<html>")]
    public async Task Something_else_than_a_key_set_is_none(string document)
    {
        _server.Publish(document);

        Assert.Equal(ErrorCode.AuthenticatorUnavailable, await CodeAsync(_first));
    }

    [Fact]
    public async Task Keys_that_are_not_for_this_are_passed_over()
    {
        using var weak = ProviderSigner.Rsa("weak", bits: 1_024);
        _server.Publish(
        [
            new() { ["kty"] = "oct", ["kid"] = "secret", ["k"] = Base64UrlEncoder.Encode("a secret that everybody can read!") },
            new() { ["kty"] = "EC", ["kid"] = "damaged", ["crv"] = "P-256", ["x"] = "AA", ["y"] = "AA" },
            new() { ["kty"] = "RSA", ["kid"] = "empty" },
            new(_second.Jwk) { ["use"] = "enc" },
            weak.Jwk,
            _first.Jwk,
        ]);

        Assert.Equal(ErrorCode.None, await CodeAsync(_first));
        Assert.Contains(_logs.Lines, line => line.Id.Id == 1403 && line.Text.Contains("has 1 keys", StringComparison.Ordinal));
        Assert.NotEqual(ErrorCode.None, await CodeAsync(_second));
        Assert.NotEqual(ErrorCode.None, await CodeAsync(weak));
    }

    [Fact]
    public async Task A_session_whose_key_cannot_be_had_is_told_to_come_again_and_then_opens()
    {
        await using var server = await TestServer.StartAsync(options => options with { Access = options.Access with { Tokens = Options() } });
        var token = _first.Sign(server.Time.GetUtcNow().AddHours(1), ("sub", "alice"), ("iss", "https://id.example"), ("aud", "chat"));
        await using var early = await server.ConnectAsync();
        await early.SendAsync(server.Hello("alice") with { Token = token });
        await early.ReceiveGoodbyeAsync(ErrorCode.AuthenticatorUnavailable);

        _server.Publish(_first);
        server.Advance(TimeSpan.FromSeconds(30));

        await using var alice = await server.ConnectAsync();
        Assert.Equal(new UserId("alice"), (await alice.HelloAsync(server.Hello("alice") with { Token = token })).User);
        await using var own = await server.SenderAsync("bob");
    }

    private void Pass(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private TokenOptions Options() => new() { KeySetUrl = _server.Address, Issuer = "https://id.example", Audience = "chat" };

    private PublishedKeys NewKeys() => new(Options(), _time, new LoggerFactory([_logs]).CreateLogger<PublishedKeys>());

    private async Task<ErrorCode> CodeAsync(ProviderSigner signer)
    {
        var tokens = new TokenAuthenticator(null, new ProviderTokens(_keys, Options(), PrincipalUsers.ByClaim(null), _time));
        var token = signer.Sign(_time.GetUtcNow().AddHours(1), ("sub", "alice"), ("iss", "https://id.example"), ("aud", "chat"));
        return (await tokens.AuthenticateAsync(token, CancellationToken.None).AsTask().WaitAsync(RawClient.Patience)).Code;
    }
}
