using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>Which public keys are taken, and what for: RSA of 2,048 bits and more for RS256, the curve P-256 for ES256.</summary>
internal static class ProviderKey
{
    private const int RsaBitsMin = 2_048;
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>Whether a signature of <paramref name="algorithm"/> can be one of this key's.</summary>
    public static bool Signs(SecurityKey key, string algorithm) => key switch
    {
        RsaSecurityKey => algorithm == SecurityAlgorithms.RsaSha256,
        ECDsaSecurityKey => algorithm == SecurityAlgorithms.EcdsaSha256,
        _ => false,
    };

    /// <summary>A key out of a key set (RFC 7517), or null for one that is not for this: a secret, another use, another curve, a weak or a damaged one.</summary>
    public static SecurityKey? From(JsonWebKey key)
    {
        if (key.Use is not (null or "" or "sig"))
        {
            return null;
        }

        try
        {
            return (key.Kty, key.Alg) switch
            {
                (JsonWebAlgorithmsKeyTypes.RSA, null or "" or SecurityAlgorithms.RsaSha256) => From(
                    new RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(key.N), Exponent = Base64UrlEncoder.DecodeBytes(key.E) },
                    key.Kid),
                (JsonWebAlgorithmsKeyTypes.EllipticCurve, null or "" or SecurityAlgorithms.EcdsaSha256) when key.Crv == JsonWebKeyECTypes.P256 => From(
                    new ECParameters
                    {
                        Curve = ECCurve.NamedCurves.nistP256,
                        Q = new ECPoint { X = Base64UrlEncoder.DecodeBytes(key.X), Y = Base64UrlEncoder.DecodeBytes(key.Y) },
                    },
                    key.Kid),
                _ => null,
            };
        }
        catch (Exception fault) when (fault is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A key out of the text of a PEM block (RFC 7468), or null for one that is not for this.</summary>
    public static SecurityKey? From(string label, string pem)
    {
        if (label == "PUBLIC KEY" && FromCurve(pem) is { } curve)
        {
            return curve;
        }

        if (label is not ("PUBLIC KEY" or "RSA PUBLIC KEY"))
        {
            return null;
        }

        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return From(rsa.ExportParameters(includePrivateParameters: false), null);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static ECDsaSecurityKey? FromCurve(string pem)
    {
        try
        {
            using var curve = ECDsa.Create();
            curve.ImportFromPem(pem);
            var parameters = curve.ExportParameters(includePrivateParameters: false);
            return parameters.Curve.Oid?.Value == P256 ? From(parameters, null) : null;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static RsaSecurityKey? From(RSAParameters parameters, string? id) =>
        parameters.Modulus!.Length * 8 >= RsaBitsMin ? new RsaSecurityKey(parameters) { KeyId = id } : null;

    private static ECDsaSecurityKey From(ECParameters parameters, string? id) => new(ECDsa.Create(parameters)) { KeyId = id };
}
