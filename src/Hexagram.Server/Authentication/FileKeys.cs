using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>
/// Public keys from a PEM file, read once. They have no ids: each of the right kind may have signed any token, so the next key can stand in the file before the
/// provider signs with it.
/// </summary>
internal sealed class FileKeys : IProviderKeys
{
    private readonly List<SecurityKey> _keys;

    private FileKeys(List<SecurityKey> keys) => _keys = keys;

    /// <summary>Reads the file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds something else than public keys that can be used, or nothing.</exception>
    public static FileKeys Open(string path)
    {
        var text = File.ReadAllText(path).AsSpan();
        var keys = new List<SecurityKey>();
        while (PemEncoding.TryFind(text, out var block))
        {
            var label = text[block.Label].ToString();
            keys.Add(ProviderKey.From(label, text[block.Location].ToString()) ?? throw new InvalidDataException(
                $"{path} holds a '{label}' that cannot be used: it should hold public keys alone, RSA of 2048 bits or more, or of the curve P-256 (openssl pkey -pubout makes one of a private key)."));
            text = text[block.Location.End..];
        }

        return keys.Count > 0 ? new FileKeys(keys) : throw new InvalidDataException($"{path} holds no public key: it should hold one or more of them as PEM (-----BEGIN PUBLIC KEY-----).");
    }

    public ValueTask<FoundKeys> FindAsync(string? keyId, CancellationToken cancellationToken) => new(new FoundKeys(_keys, IsCertain: true));
}
