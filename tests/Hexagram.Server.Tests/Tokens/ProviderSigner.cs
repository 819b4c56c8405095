using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Tests.Tokens;

/// <summary>An identity provider's key: signs, and says what is public of it.</summary>
internal sealed class ProviderSigner : IDisposable
{
    private readonly AsymmetricAlgorithm _key;
    private readonly SigningCredentials _credentials;

    private ProviderSigner(AsymmetricAlgorithm key, SecurityKey named, string algorithm, string id)
    {
        named.KeyId = id;
        (_key, Algorithm, Id) = (key, algorithm, id);
        _credentials = new SigningCredentials(named, algorithm);
    }

    public string Algorithm { get; }

    public string Id { get; }

    /// <summary>The public half as PEM.</summary>
    public string Pem => _key.ExportSubjectPublicKeyInfoPem();

    /// <summary>The private half as PEM, which belongs nowhere else.</summary>
    public string PrivatePem => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>The public half as a member of a key set.</summary>
    public Dictionary<string, string> Jwk => _key switch
    {
        RSA rsa when rsa.ExportParameters(false) is var known =>
            new() { ["kty"] = "RSA", ["kid"] = Id, ["use"] = "sig", ["n"] = Base64UrlEncoder.Encode(known.Modulus), ["e"] = Base64UrlEncoder.Encode(known.Exponent) },
        ECDsa curve when curve.ExportParameters(false) is var known =>
            new() { ["kty"] = "EC", ["kid"] = Id, ["crv"] = "P-256", ["x"] = Base64UrlEncoder.Encode(known.Q.X), ["y"] = Base64UrlEncoder.Encode(known.Q.Y) },
        _ => throw new InvalidOperationException("Neither RSA nor a curve."),
    };

    public static ProviderSigner Rsa(string id, int bits = 2_048)
    {
        var key = RSA.Create(bits);
        return new ProviderSigner(key, new RsaSecurityKey(key), SecurityAlgorithms.RsaSha256, id);
    }

    public static ProviderSigner Curve(string id)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new ProviderSigner(key, new ECDsaSecurityKey(key), SecurityAlgorithms.EcdsaSha256, id);
    }

    public static ProviderSigner Of(string algorithm, string id) => algorithm == SecurityAlgorithms.RsaSha256 ? Rsa(id) : Curve(id);

    /// <summary>A token with these claims beside <c>exp</c>.</summary>
    public string Sign(DateTimeOffset expires, params (string Name, string Value)[] claims) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(Payload(expires, claims), _credentials);

    public static string Payload(DateTimeOffset expires, params (string Name, string Value)[] claims)
    {
        var members = claims.ToDictionary(claim => claim.Name, object (claim) => claim.Value);
        members["exp"] = expires.ToUnixTimeSeconds();
        return JsonSerializer.Serialize(members);
    }

    public void Dispose() => _key.Dispose();
}
