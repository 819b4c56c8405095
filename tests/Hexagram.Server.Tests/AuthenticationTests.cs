using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Tests;

/// <summary>Who gets in, and for how long.</summary>
public sealed class AuthenticationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-keys-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_token_of_this_servers_key_proves_its_user_until_it_expires()
    {
        var key = NewKey();
        var token = new TokenIssuer(key, _time).Issue(new("alice"), TimeSpan.FromMinutes(5));

        var result = await new JwtAuthenticator(key, _time).AuthenticateAsync(token, CancellationToken.None);

        Assert.Equal(AuthenticationResult.Valid(new("alice"), _time.GetUtcNow().AddMinutes(5)), result);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(AuthenticationResult.Expired(), await new JwtAuthenticator(key, _time).AuthenticateAsync(token, CancellationToken.None));
    }

    [Fact]
    public async Task A_token_of_another_key_proves_nothing()
    {
        var token = new TokenIssuer(NewKey("other.key"), _time).Issue(new("alice"), TimeSpan.FromMinutes(5));
        await AssertInvalidAsync(NewKey(), token);
    }

    [Fact]
    public async Task A_token_whose_user_was_changed_proves_nothing()
    {
        var key = NewKey();
        var parts = new TokenIssuer(key, _time).Issue(new("alice"), TimeSpan.FromMinutes(5)).Split('.');
        var payload = Base64UrlEncoder.Decode(parts[1]).Replace("alice", "admin", StringComparison.Ordinal);
        await AssertInvalidAsync(key, $"{parts[0]}.{Base64UrlEncoder.Encode(payload)}.{parts[2]}");
    }

    [Fact]
    public async Task A_token_without_a_signature_proves_nothing()
    {
        var payload = $$"""{"sub":"alice","exp":{{_time.GetUtcNow().AddHours(1).ToUnixTimeSeconds()}}}""";
        foreach (var header in new[] { """{"alg":"none"}""", """{"alg":"none","typ":"JWT"}""", """{"alg":"HS256"}""" })
        {
            await AssertInvalidAsync(NewKey(), $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(payload)}.");
        }
    }

    [Theory]
    [InlineData(SecurityAlgorithms.HmacSha512)]
    [InlineData(SecurityAlgorithms.HmacSha384)]
    public async Task A_token_of_another_algorithm_proves_nothing(string algorithm)
    {
        // A key that is long enough for the other algorithm; ours is the first half of it.
        var key = NewKey();
        var longer = new SymmetricSecurityKey([.. key.Secret.Key, .. new byte[64]]);
        await AssertInvalidAsync(key, Token(longer, algorithm, ("sub", "alice"), ("exp", _time.GetUtcNow().AddHours(1).ToUnixTimeSeconds())));
    }

    [Fact]
    public async Task A_token_of_an_issuer_whose_clock_is_a_little_ahead_is_valid()
    {
        var key = NewKey();
        var now = _time.GetUtcNow();
        var token = Token(key.Secret, SecurityAlgorithms.HmacSha256, ("sub", "alice"), ("nbf", now.AddSeconds(30).ToUnixTimeSeconds()), ("exp", now.AddHours(1).ToUnixTimeSeconds()));

        var result = await new JwtAuthenticator(key, _time).AuthenticateAsync(token, CancellationToken.None);

        Assert.Equal((ErrorCode.None, new UserId("alice")), (result.Code, result.User));
    }

    [Fact]
    public async Task A_token_without_a_user_or_an_end_or_before_its_time_proves_nothing()
    {
        var key = NewKey();
        var later = _time.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        await AssertInvalidAsync(key, Token(key.Secret, SecurityAlgorithms.HmacSha256, ("exp", later)));
        await AssertInvalidAsync(key, Token(key.Secret, SecurityAlgorithms.HmacSha256, ("sub", "alice")));
        await AssertInvalidAsync(key, Token(key.Secret, SecurityAlgorithms.HmacSha256, ("sub", "two words"), ("exp", later)));
        await AssertInvalidAsync(key, Token(key.Secret, SecurityAlgorithms.HmacSha256, ("sub", "alice"), ("exp", long.MaxValue)));
        await AssertInvalidAsync(key, Token(key.Secret, SecurityAlgorithms.HmacSha256, ("sub", "alice"), ("exp", later), ("nbf", later - 10)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("not a token")]
    public async Task Garbage_proves_nothing(string token) => await AssertInvalidAsync(NewKey(), token);

    [Fact]
    public void The_key_is_for_its_owner_only_and_stays_the_same()
    {
        var key = NewKey();

        Assert.False(key.ReadableByOthers);
        Assert.Equal(key.Secret.Key, SigningKey.Open(key.Path).Secret.Key);
        Assert.Equal(key.Secret.Key, NewKey().Secret.Key);
        Assert.Equal(32, key.Secret.Key.Length);
        Assert.Single(Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(key.Path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.True(key.ReadableByOthers);
        }
    }

    [Fact]
    public async Task Many_that_make_the_key_at_once_get_the_same()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => NewKey())));

        Assert.Single(keys.Select(key => Convert.ToHexString(key.Secret.Key)).Distinct());
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_file_that_is_no_key_is_told_apart_from_no_file()
    {
        var path = Path.Combine(_folder, "signing.key");
        Assert.Throws<FileNotFoundException>(() => SigningKey.Open(path));
        File.WriteAllText(path, "too short");
        Assert.Throws<InvalidDataException>(() => SigningKey.OpenOrCreate(path));
        Assert.Equal("too short", File.ReadAllText(path));
    }

    [Fact]
    public async Task A_session_without_a_valid_token_is_not_opened()
    {
        await using var server = await TestServer.StartAsync();
        await using var stranger = await server.ConnectAsync();
        await stranger.SendAsync(server.Hello("alice") with { Token = "stranger" });
        await stranger.ReceiveGoodbyeAsync(ErrorCode.TokenInvalid);

        var token = server.Token("alice", TimeSpan.FromSeconds(1));
        server.Advance(TimeSpan.FromSeconds(1));
        await using var late = await server.ConnectAsync();
        await late.SendAsync(server.Hello("alice") with { Token = token });
        await late.ReceiveGoodbyeAsync(ErrorCode.Authenticate);
    }

    [Fact]
    public async Task A_session_ends_at_the_moment_its_token_expires()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.OpenAsync(server.Hello("alice") with { Token = server.Token("alice", TimeSpan.FromSeconds(30)) });

        server.Advance(TimeSpan.FromSeconds(15));
        Assert.Empty(await alice.SettleAsync());
        server.Advance(TimeSpan.FromSeconds(14));
        Assert.Empty(await alice.SettleAsync());
        server.Advance(TimeSpan.FromSeconds(1));

        await alice.ReceiveGoodbyeAsync(ErrorCode.Authenticate);
    }

    private SigningKey NewKey(string name = "signing.key") => SigningKey.OpenOrCreate(Path.Combine(_folder, name));

    private async Task AssertInvalidAsync(SigningKey key, string token) =>
        Assert.Equal(AuthenticationResult.Invalid(), await new JwtAuthenticator(key, _time).AuthenticateAsync(token, CancellationToken.None));

    private static string Token(SecurityKey key, string algorithm, params (string Name, object Value)[] claims)
    {
        var members = claims.Select(claim => $"\"{claim.Name}\":{(claim.Value is string text ? $"\"{text}\"" : claim.Value)}");
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken($"{{{string.Join(',', members)}}}", new SigningCredentials(key, algorithm));
    }
}
