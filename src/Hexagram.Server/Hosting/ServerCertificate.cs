using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hexagram.Server.Options;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Hosting;

/// <summary>
/// The server's certificate, read again when its file has changed: it is asked for at every handshake, and looks at the file's time when it has not
/// done so for a moment. Thread-safe.
/// </summary>
internal sealed partial class ServerCertificate(ServerOptions options, ServerClock clock, ILogger<ServerCertificate> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly TlsOptions _tls = options.Tls;
    private readonly Lock _gate = new();
    private SslServerAuthenticationOptions? _current;
    private (DateTime Certificate, DateTime Key) _written;
    private long _lookedAt;

    /// <summary>There is one: the server speaks TLS and nothing else.</summary>
    public bool IsSet => _tls.IsOn;

    /// <summary>What the next handshake uses.</summary>
    /// <exception cref="CryptographicException">The first certificate cannot be used.</exception>
    public SslServerAuthenticationOptions Current()
    {
        lock (_gate)
        {
            if (_current is null)
            {
                Look();
                _current = Load();
            }
            else if (clock.Time.GetElapsedTime(_lookedAt) >= LookEvery && Look())
            {
                Renew();
            }

            return _current;
        }
    }

    /// <summary>Whether the files have been written since the last look.</summary>
    private bool Look()
    {
        _lookedAt = clock.Time.GetTimestamp();
        var written = (File.GetLastWriteTimeUtc(_tls.CertificateFile!), File.GetLastWriteTimeUtc(_tls.KeyFile ?? _tls.CertificateFile!));
        var changed = written != _written;
        _written = written;
        return changed;
    }

    private void Renew()
    {
        try
        {
            _current = Load();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // Perhaps one of two files has been written so far; the other one's time will be seen.
            LogNotRenewed(logger, _tls.CertificateFile!, fault.Message);
        }
    }

    private SslServerAuthenticationOptions Load()
    {
        var (certificate, authorities) = Path.GetExtension(_tls.CertificateFile) is ".pfx" or ".p12" ? LoadPfx() : LoadPem();
        if (!certificate.HasPrivateKey)
        {
            throw new CryptographicException("there is no private key with it");
        }

        LogLoaded(logger, certificate.Subject, _tls.CertificateFile!, certificate.NotAfter);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, authorities, offline: true),
        };
    }

    private (X509Certificate2 Own, X509Certificate2Collection Authorities) LoadPfx()
    {
        var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(_tls.CertificateFile!, _tls.Password);
        var own = all.FirstOrDefault(static one => one.HasPrivateKey) ?? throw new CryptographicException("there is no private key in it");
        all.Remove(own);
        return (own, all);
    }

    private (X509Certificate2 Own, X509Certificate2Collection Authorities) LoadPem()
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(_tls.CertificateFile!);
        if (all.Count == 0)
        {
            throw new CryptographicException("there is no certificate in it");
        }

        all.RemoveAt(0);
        var own = _tls.Password is { } password
            ? X509Certificate2.CreateFromEncryptedPemFile(_tls.CertificateFile!, password, _tls.KeyFile)
            : X509Certificate2.CreateFromPemFile(_tls.CertificateFile!, _tls.KeyFile);

        // Windows does not take a key from memory alone.
        return (OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null) : own, all);
    }
}
