using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>The public keys of an identity provider. Thread-safe.</summary>
internal interface IProviderKeys
{
    /// <summary>The keys that may have signed a token whose header names <paramref name="keyId"/>, which may be null or empty.</summary>
    ValueTask<FoundKeys> FindAsync(string? keyId, CancellationToken cancellationToken);
}

/// <summary>Keys that were looked for.</summary>
/// <param name="Keys">Those that were found.</param>
/// <param name="IsCertain">Where none were: there are none, rather than that nobody could be asked.</param>
internal readonly record struct FoundKeys(IReadOnlyList<SecurityKey> Keys, bool IsCertain);
