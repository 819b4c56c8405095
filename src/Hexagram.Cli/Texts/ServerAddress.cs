using System.Globalization;

namespace Hexagram.Cli.Texts;

/// <summary>
/// The server that a client talks to, and how: <c>127.0.0.1:7000</c>, <c>tcps://chat.example:7000</c>, <c>ws://[::1]:7080</c>, <c>wss://chat.example</c>, <c>https://chat.example</c>.
/// </summary>
internal static class ServerAddress
{
    /// <summary>How an address is written, for messages.</summary>
    public const string Form = "a server is HOST:PORT, tcp://HOST:PORT, tcps://HOST:PORT, ws://HOST:PORT, wss://HOST:PORT, http://HOST:PORT or https://HOST:PORT, such as 127.0.0.1:7000";

    /// <summary>The port of TCP when none is given.</summary>
    public const int PortDefault = 7000;

    /// <summary>The address with its scheme and port, and over HTTP a path if there is one; false for anything that has more to it than that.</summary>
    public static bool TryParse(string text, out Uri server)
    {
        server = null!;
        var whole = text.Contains("://", StringComparison.Ordinal) ? text : $"tcp://{text}";
        if (!Uri.TryCreate(whole, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("tcp" or "tcps" or "ws" or "wss" or "http" or "https")
            || uri.Host.Length == 0
            || uri.UserInfo.Length > 0
            || uri.Query.Length > 0
            || uri.Fragment.Length > 0
            || uri.Port == 0)
        {
            return false;
        }

        var hasPath = uri.Scheme is not ("tcp" or "tcps");
        var path = uri.AbsolutePath is "" or "/" ? "" : uri.AbsolutePath;
        if (path.Length > 0 && !hasPath)
        {
            return false;
        }

        // A host that Uri takes apart in one text it can refuse in another.
        var port = uri.Port > 0 ? uri.Port : PortDefault;
        return Uri.TryCreate(string.Create(CultureInfo.InvariantCulture, $"{uri.Scheme}://{uri.Host}:{port}{path}"), UriKind.Absolute, out server!)
            && server.Host == uri.Host;
    }
}
