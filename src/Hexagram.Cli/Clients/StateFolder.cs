using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hexagram.Protocol;

namespace Hexagram.Cli.Clients;

/// <summary>
/// Where <c>send</c> and <c>receive</c> keep their outbox and inbox when nobody says: one folder per server, user and role, so that they
/// never get in each other's way. Each role is a device of its own.
/// </summary>
internal static class StateFolder
{
    /// <summary>Names of folders longer than this are cut and made unique by a hash; every file system takes 255 bytes.</summary>
    private const int NameCharactersMax = 120;

    /// <summary>The default folder of one role.</summary>
    /// <param name="environment">Reads an environment variable; null when it is not set.</param>
    /// <param name="server">The server, as <c>tcp://host:port</c>.</param>
    /// <param name="user">The user.</param>
    /// <param name="role"><c>send</c> or <c>receive</c>.</param>
    public static string Default(Func<string, string?> environment, Uri server, UserId user, string role) =>
        Path.Combine(Root(environment), Name(server), Name(user.Value), role);

    /// <summary>
    /// <c>$XDG_STATE_HOME/hexagram</c>, else <c>~/.local/state/hexagram</c> (XDG Base Directory Specification); on Windows the
    /// local application data.
    /// </summary>
    private static string Root(Func<string, string?> environment)
    {
        // The specification: a relative path here is invalid and to be ignored.
        if (environment("XDG_STATE_HOME") is { } state && Path.IsPathFullyQualified(state))
        {
            return Path.Combine(state, "hexagram");
        }

        if (OperatingSystem.IsWindows())
        {
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "hexagram");
        }

        return environment("HOME") is { Length: > 0 } home
            ? Path.Combine(home, ".local", "state", "hexagram")
            : throw CommandFailure.Usage("There is no home folder to keep the state in: HOME is not set. Say where with --state DIR.");
    }

    // A port is a number, so that the last underscore tells it from the host.
    private static string Name(Uri server) => string.Create(CultureInfo.InvariantCulture, $"{Name(server.Host)}_{server.Port}");

    /// <summary>
    /// A folder's name for any text, different for different texts also where upper and lower case are the same, and without a dot at
    /// either end, where it would have a meaning.
    /// </summary>
    private static string Name(string text)
    {
        var name = new StringBuilder();
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var place = 0; place < bytes.Length; place++)
        {
            var one = bytes[place];
            if (one is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'_'
                || (one == '.' && place > 0 && place < bytes.Length - 1))
            {
                name.Append((char)one);
            }
            else
            {
                name.Append(CultureInfo.InvariantCulture, $"%{one:x2}");
            }
        }

        if (name.Length <= NameCharactersMax)
        {
            return name.ToString();
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return $"{name.ToString(0, NameCharactersMax - hash.Length)}%{hash}";
    }
}
