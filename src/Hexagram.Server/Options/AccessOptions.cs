namespace Hexagram.Server.Options;

/// <summary>Who may connect, and who may write to whom.</summary>
public sealed record AccessOptions
{
    /// <summary>
    /// The file with the key that signs the server's own tokens (HS256); made, readable by its owner alone, when it is not there. Null: it has none.
    /// </summary>
    public string? SigningKeyFile { get; init; }

    /// <summary>Tokens that an identity provider signs.</summary>
    public TokenOptions Tokens { get; init; } = new();

    /// <summary>The claim that is the user's id, of an identity provider's token or of a request that the host has authenticated. None: <c>sub</c>, or else the name identifier.</summary>
    public string? UserClaim { get; init; }

    /// <summary>How long the authorizer may take for one answer; then it counts as unavailable. More than zero.</summary>
    public TimeSpan AuthorizerTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>JSON Web Tokens that an identity provider signs with a private key, RS256 or ES256. They are taken beside the server's own.</summary>
public sealed record TokenOptions
{
    /// <summary>A PEM file with the provider's public keys: RSA of 2,048 bits or more, or of the curve P-256. Read at the start.</summary>
    public string? PublicKeyFile { get; init; }

    /// <summary>
    /// Where the provider publishes its keys instead (a JWKS document); https, or http on this machine. <c>Issuer</c> and <c>Audience</c> are needed with it. While it
    /// cannot be reached the keys of last time go on; before the first time, clients with such tokens are told to come again later.
    /// </summary>
    public string? KeySetUrl { get; init; }

    /// <summary>Who must have issued a provider's token: its claim <c>iss</c>. None: anybody with the key.</summary>
    public string? Issuer { get; init; }

    /// <summary>Whom it must be meant for: among its claim <c>aud</c>. None: anybody.</summary>
    public string? Audience { get; init; }

    /// <summary>How old published keys may become before they are fetched again: so long after it was withdrawn a key is taken at the most.</summary>
    public TimeSpan KeySetAgeMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The least time between two fetches, whatever tokens come. A key that is new may be unknown for so long; its tokens are told to come again later.</summary>
    public TimeSpan KeySetPause { get; init; } = TimeSpan.FromSeconds(30);
}
