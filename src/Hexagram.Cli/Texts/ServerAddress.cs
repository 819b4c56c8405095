using System.Globalization;

namespace Hexagram.Cli.Texts;

/// <summary>The server that <c>send</c> and <c>receive</c> talk to: <c>127.0.0.1:7000</c>, <c>tcp://chat.example:7000</c>, <c>[::1]</c>.</summary>
internal static class ServerAddress
{
    /// <summary>How an address is written, for messages.</summary>
    public const string Form = "a server is HOST:PORT or tcp://HOST:PORT, such as 127.0.0.1:7000";

    /// <summary>The port when none is given.</summary>
    public const int PortDefault = 7000;

    /// <summary>The address as <c>tcp://host:port</c>; false for anything that has more to it than that.</summary>
    public static bool TryParse(string text, out Uri server)
    {
        var whole = text.Contains("://", StringComparison.Ordinal) ? text : $"tcp://{text}";
        if (!Uri.TryCreate(whole, UriKind.Absolute, out var uri)
            || uri.Scheme != "tcp"
            || uri.Host.Length == 0
            || uri.UserInfo.Length > 0
            || uri.PathAndQuery is not ("" or "/")
            || uri.Fragment.Length > 0
            || uri.Port == 0)
        {
            server = null!;
            return false;
        }

        // A host that Uri takes apart in one text it can refuse in another.
        var port = uri.Port > 0 ? uri.Port : PortDefault;
        return Uri.TryCreate(string.Create(CultureInfo.InvariantCulture, $"tcp://{uri.Host}:{port}"), UriKind.Absolute, out server!)
            && server.Host == uri.Host;
    }
}
