using System.Text;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Tests.Tokens;

/// <summary>Tokens that an identity provider signs, checked with its public keys from a file.</summary>
public sealed class ProviderTokenTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-provider-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private DateTimeOffset Later => _time.GetUtcNow().AddMinutes(5);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(SecurityAlgorithms.RsaSha256)]
    [InlineData(SecurityAlgorithms.EcdsaSha256)]
    public async Task A_token_that_the_provider_signed_proves_its_user_until_it_expires(string algorithm)
    {
        using var signer = ProviderSigner.Of(algorithm, "one");
        var authenticator = Authenticator(signer.Pem);
        var token = signer.Sign(Later, ("sub", "alice"), ("role", "editor"));

        var result = await authenticator.AuthenticateAsync(token, CancellationToken.None);

        Assert.Equal((ErrorCode.None, new UserId("alice"), Later), (result.Code, result.User, result.ExpiresAt));
        Assert.True(result.Principal!.HasClaim("role", "editor"));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(AuthenticationResult.Expired(), await authenticator.AuthenticateAsync(token, CancellationToken.None));
    }

    [Fact]
    public async Task Tokens_of_the_servers_own_key_are_taken_beside_the_providers()
    {
        using var signer = ProviderSigner.Rsa("one");
        var key = SigningKey.OpenOrCreate(Path.Combine(_folder, "own.key"));
        var authenticator = Authenticator(signer.Pem, own: key);

        Assert.Equal(new UserId("alice"), (await authenticator.AuthenticateAsync(new TokenIssuer(key, _time).Issue(new("alice"), TimeSpan.FromMinutes(5)), CancellationToken.None)).User);
        Assert.Equal(new UserId("bob"), (await authenticator.AuthenticateAsync(signer.Sign(Later, ("sub", "bob")), CancellationToken.None)).User);
    }

    [Theory]
    [InlineData(SecurityAlgorithms.RsaSha256)]
    [InlineData(SecurityAlgorithms.EcdsaSha256)]
    public async Task A_public_key_is_never_taken_for_a_secret(string algorithm)
    {
        using var signer = ProviderSigner.Of(algorithm, "one");
        foreach (var own in new[] { null, SigningKey.OpenOrCreate(Path.Combine(_folder, "own.key")) })
        {
            var authenticator = Authenticator(signer.Pem, own: own);
            foreach (var secret in new[] { signer.Pem, $"{signer.Pem}\n", signer.Pem.Replace("\n", "\r\n", StringComparison.Ordinal) })
            {
                var confused = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
                    ProviderSigner.Payload(Later, ("sub", "alice")),
                    new SigningCredentials(new SymmetricSecurityKey(Encoding.ASCII.GetBytes(secret)) { KeyId = "one" }, SecurityAlgorithms.HmacSha256));
                await AssertInvalidAsync(authenticator, confused);

                // The same signature under the header of the other kind.
                var parts = confused.Split('.');
                await AssertInvalidAsync(authenticator, $"{Header(algorithm)}.{parts[1]}.{parts[2]}");
            }
        }
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("")]
    [InlineData("RS256")]
    [InlineData("ES256")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    public async Task A_token_without_the_providers_signature_proves_nothing(string algorithm)
    {
        using var signer = ProviderSigner.Rsa("one");
        var authenticator = Authenticator(signer.Pem, own: SigningKey.OpenOrCreate(Path.Combine(_folder, "own.key")));
        var token = signer.Sign(Later, ("sub", "alice"));
        var parts = token.Split('.');

        await AssertInvalidAsync(authenticator, $"{Header(algorithm)}.{parts[1]}.");
        await AssertInvalidAsync(authenticator, $"{parts[0]}.{Base64UrlEncoder.Encode(ProviderSigner.Payload(Later, ("sub", "admin")))}.{parts[2]}");
    }

    [Fact]
    public async Task A_key_of_one_kind_checks_no_token_of_the_other()
    {
        using var rsa = ProviderSigner.Rsa("one");
        using var curve = ProviderSigner.Curve("one");
        using var another = ProviderSigner.Rsa("one");

        await AssertInvalidAsync(Authenticator(rsa.Pem), curve.Sign(Later, ("sub", "alice")));
        await AssertInvalidAsync(Authenticator(curve.Pem), rsa.Sign(Later, ("sub", "alice")));
        await AssertInvalidAsync(Authenticator(rsa.Pem), another.Sign(Later, ("sub", "alice")));
    }

    [Fact]
    public async Task Issuer_and_audience_must_be_those_that_were_set()
    {
        using var signer = ProviderSigner.Curve("one");
        var authenticator = Authenticator(signer.Pem, new() { Issuer = "https://id.example", Audience = "chat" });

        await AssertInvalidAsync(authenticator, signer.Sign(Later, ("sub", "alice")));
        await AssertInvalidAsync(authenticator, signer.Sign(Later, ("sub", "alice"), ("iss", "https://id.example"), ("aud", "another")));
        await AssertInvalidAsync(authenticator, signer.Sign(Later, ("sub", "alice"), ("iss", "https://evil.example"), ("aud", "chat")));
        var good = await authenticator.AuthenticateAsync(signer.Sign(Later, ("sub", "alice"), ("iss", "https://id.example"), ("aud", "chat")), CancellationToken.None);
        Assert.Equal(ErrorCode.None, good.Code);
    }

    [Fact]
    public async Task The_user_is_the_claim_that_was_set_and_nobody_else()
    {
        using var signer = ProviderSigner.Curve("one");
        var authenticator = Authenticator(signer.Pem, users: PrincipalUsers.ByClaim("preferred_username"));

        Assert.Equal(new UserId("alice"), (await authenticator.AuthenticateAsync(signer.Sign(Later, ("sub", "42"), ("preferred_username", "alice")), CancellationToken.None)).User);
        await AssertInvalidAsync(authenticator, signer.Sign(Later, ("sub", "42")));
        await AssertInvalidAsync(authenticator, signer.Sign(Later, ("sub", "42"), ("preferred_username", "two words")));
    }

    [Fact]
    public async Task Two_keys_in_the_file_are_both_taken()
    {
        using var before = ProviderSigner.Rsa("one");
        using var next = ProviderSigner.Curve("two");
        var authenticator = Authenticator($"{before.Pem}\n# the next one\n{next.Pem}\n");

        Assert.Equal(ErrorCode.None, (await authenticator.AuthenticateAsync(before.Sign(Later, ("sub", "alice")), CancellationToken.None)).Code);
        Assert.Equal(ErrorCode.None, (await authenticator.AuthenticateAsync(next.Sign(Later, ("sub", "alice")), CancellationToken.None)).Code);
    }

    [Fact]
    public void A_file_that_holds_no_public_key_or_something_else_is_refused()
    {
        using var signer = ProviderSigner.Rsa("one");
        using var weak = ProviderSigner.Rsa("weak", bits: 1_024);
        using var otherCurve = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP384);
        foreach (var text in new[] { "", "nothing", signer.PrivatePem, weak.Pem, otherCurve.ExportSubjectPublicKeyInfoPem(), $"{signer.Pem}\n{signer.PrivatePem}" })
        {
            var path = Write(text);
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => FileKeys.Open(path)).Message, StringComparison.Ordinal);
        }

        Assert.ThrowsAny<IOException>(() => FileKeys.Open(Path.Combine(_folder, "not-there.pem")));
    }

    private static string Header(string algorithm) => Base64UrlEncoder.Encode($$"""{"alg":"{{algorithm}}","typ":"JWT"}""");

    private static async Task AssertInvalidAsync(TokenAuthenticator authenticator, string token) =>
        Assert.Equal(AuthenticationResult.Invalid(), await authenticator.AuthenticateAsync(token, CancellationToken.None));

    private TokenAuthenticator Authenticator(string pem, TokenOptions? options = null, PrincipalUsers? users = null, SigningKey? own = null) => new(
        own is null ? null : new JwtAuthenticator(own, _time),
        new ProviderTokens(FileKeys.Open(Write(pem)), options ?? new(), users ?? PrincipalUsers.ByClaim(null), _time));

    private string Write(string text)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.pem");
        File.WriteAllText(path, text);
        return path;
    }
}
