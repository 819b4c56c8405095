namespace Hexagram.Server.Options;

/// <summary>TLS on every address that the server listens on. A renewed file is taken up without a restart.</summary>
public sealed record TlsOptions
{
    /// <summary>
    /// The server's certificate: PEM, with the certificates of its authorities behind it, if there are any between it and what clients trust; or PFX (<c>.pfx</c>, <c>.p12</c>). Not set: no TLS.
    /// </summary>
    public string? CertificateFile { get; init; }

    /// <summary>The private key of a certificate in PEM. Not set: it stands in the same file.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The password of the PFX file or of the key, if it has one.</summary>
    public string? Password { get; init; }

    internal bool IsOn => CertificateFile is not null;
}
