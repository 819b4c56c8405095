using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

/// <summary>An authority of a test's own, which signs certificates for servers on this machine.</summary>
internal sealed class TestAuthority
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(36_500);

    private readonly X509Certificate2 _certificate;

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=an authority of a test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        _certificate = request.CreateSelfSigned(Began, Began + Lifetime);
    }

    /// <summary>Its own certificate, which whoever trusts it needs.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    private static DateTimeOffset Began => DateTimeOffset.UtcNow.AddDays(-1);

    /// <summary>A certificate for a server, and its key, both in PEM.</summary>
    /// <param name="name">A name that it is valid for; null: 127.0.0.1 and localhost.</param>
    public (string Certificate, string Key) Sign(string? name = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name ?? "localhost"}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name ?? "localhost");
        if (name is null)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }

        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_certificate, Began, _certificate.NotAfter, RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
