using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Hexagram.Server.Configuration;

/// <summary>Where a server listens: an IP address or <c>localhost</c>, and a port; 0 takes a free one.</summary>
public static class ListenAddress
{
    /// <summary>How the binary protocol's address is written, for messages.</summary>
    public const string TcpForm = "it should be ADDRESS:PORT, such as 127.0.0.1:7000, [::1]:7000 or localhost:0 (0 takes a free port)";

    /// <summary>How the address of HTTP is written, for messages.</summary>
    public const string HttpForm = "it should be ADDRESS:PORT, such as 127.0.0.1:7080 or http://127.0.0.1:7080, or none";

    /// <summary>What stands for "no HTTP".</summary>
    public const string None = "none";

    /// <summary>Reads <c>ADDRESS:PORT</c>.</summary>
    public static bool TryParseTcp(string text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        var colon = text.LastIndexOf(':');
        return colon > 0
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && TryResolve(text[..colon], port, out endpoint);
    }

    /// <summary>Reads <c>ADDRESS:PORT</c>, with <c>http://</c> before it or without, or <see cref="None"/> as null.</summary>
    public static bool TryParseHttp(string text, out IPEndPoint? endpoint)
    {
        endpoint = null;
        if (text == None || TryParseTcp(text, out endpoint))
        {
            return true;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri is { Scheme: "http", PathAndQuery: "/", UserInfo: "", Fragment: "" }
            && TryResolve(uri.Host, (ushort)uri.Port, out endpoint);
    }

    private static bool TryResolve(string host, ushort port, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        // Written in brackets, an address is IPv6 and nothing else.
        var bracketed = host is ['[', .., ']'];
        var text = bracketed ? host[1..^1] : host;
        var found = host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(text, out var address) ? address : null;
        var valid = found is not null && bracketed == (found.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);
        endpoint = valid ? new IPEndPoint(found!, port) : null;
        return valid;
    }
}
