using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>
/// The secret that signs and checks this server's tokens (HMAC-SHA256, RFC 7518 §3.2): 32 random bytes, kept as one line of base64 in a
/// file that its owner alone may read.
/// </summary>
public sealed class SigningKey
{
    private const int SecretBytes = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private SigningKey(byte[] secret, string path)
    {
        Secret = new SymmetricSecurityKey(secret);
        Path = path;
    }

    /// <summary>Where it is kept.</summary>
    public string Path { get; }

    /// <summary>Whether the file's permissions let others than its owner read it. Always false on Windows, where permissions are inherited.</summary>
    public bool ReadableByOthers => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(Path) & ~(OwnerOnly | UnixFileMode.UserExecute)) != 0;

    internal SymmetricSecurityKey Secret { get; }

    /// <summary>Reads the key at <paramref name="path"/>.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">The file is not a key.</exception>
    public static SigningKey Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no signing key at {path}. A server makes it when it first starts with this data folder.", path);
        }

        var secret = new byte[SecretBytes];
        return Convert.TryFromBase64String(File.ReadAllText(path).Trim(), secret, out var written) && written == SecretBytes
            ? new SigningKey(secret, path)
            : throw new InvalidDataException($"{path} is not a signing key: it should hold one line of base64 with {SecretBytes} bytes. Restore it, or remove it to get a new one (all tokens become invalid).");
    }

    /// <summary>Reads the key at <paramref name="path"/>, made first when there is none. Two processes that do so at once get the same key.</summary>
    /// <exception cref="InvalidDataException">The file is not a key.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static SigningKey OpenOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            Create(path);
        }

        return Open(path);
    }

    /// <summary>A secret of its own for another <paramref name="purpose"/>, in letters that an address may hold: the same at every start, and this key cannot be told from it.</summary>
    internal string Derive(string purpose) => Base64Url.EncodeToString(HMACSHA256.HashData(Secret.Key, Encoding.UTF8.GetBytes(purpose)));

    private static void Create(string path)
    {
        var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        Directory.CreateDirectory(directory);

        // Written whole under another name and then linked, so that nobody ever reads half a key, and the first one stays.
        var draft = System.IO.Path.Combine(directory, $".{System.IO.Path.GetFileName(path)}.{Guid.NewGuid():N}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        try
        {
            using (var file = new FileStream(draft, options))
            {
                file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes)) + "\n"));
                file.Flush(flushToDisk: true);
            }

            Publish(draft, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first; its key is the key.
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>The file gets the name that others know, unless one has it. A link cannot overwrite; a move, for file systems without links, looks first on Unix, and then does.</summary>
    /// <exception cref="IOException">One has it, or it cannot be done.</exception>
    private static void Publish(string draft, string path)
    {
        if (OperatingSystem.IsWindows() || link(draft, path) != 0)
        {
            File.Move(draft, path, overwrite: false);
        }
    }

    [DllImport("libc")]
    private static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
