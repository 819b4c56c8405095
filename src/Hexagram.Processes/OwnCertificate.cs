using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hexagram.Processes;

/// <summary>A certificate that a run makes for its own server, and that its clients trust and nobody else. It is good for a month, at 127.0.0.1.</summary>
public sealed class OwnCertificate : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private readonly X509Certificate2 _certificate;

    /// <summary>Makes it, and writes it into a folder.</summary>
    public OwnCertificate(string folder)
    {
        (File, KeyFile) = (Path.Combine(folder, "server.pem"), Path.Combine(folder, "server.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest("CN=a server under test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddHours(-1), now + Lifetime);
        System.IO.File.WriteAllText(File, _certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        Authorities = [_certificate];
    }

    /// <summary>The certificate.</summary>
    public string File { get; }

    /// <summary>Its key. It is worth nothing outside of the run.</summary>
    public string KeyFile { get; }

    /// <summary>Whom the clients trust.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>The program whose servers speak TLS with this certificate, on all their addresses.</summary>
    public HexagramProgram Encrypt(HexagramProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program with
        {
            Environment = new Dictionary<string, string>(program.Environment)
            {
                ["HEXAGRAM__TLS__CERTIFICATEFILE"] = File,
                ["HEXAGRAM__TLS__KEYFILE"] = KeyFile,
            },
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();
}
