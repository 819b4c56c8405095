using System.Net;

namespace Hexagram.Processes;

/// <summary>A way between clients and a server of ours, with or without TLS.</summary>
public enum Transport
{
    /// <summary>Packets behind their lengths.</summary>
    Tcp,

    /// <summary>WebSocket, binary.</summary>
    WebSocket,

    /// <summary>WebSocket, in JSON.</summary>
    WebSocketJson,

    /// <summary>Long polling over HTTP.</summary>
    Polling,
}

/// <summary>What follows from a <see cref="Transport"/>.</summary>
public static class TransportNames
{
    /// <summary>As it is called on the command line and in results.</summary>
    public static string Name(this Transport transport) => transport switch
    {
        Transport.Tcp => "tcp",
        Transport.WebSocket => "ws",
        Transport.WebSocketJson => "ws-json",
        _ => "http",
    };

    /// <summary>The transport of this name; null when there is none.</summary>
    public static Transport? Find(string name) => Enum.GetValues<Transport>().Cast<Transport?>().FirstOrDefault(transport => transport!.Value.Name() == name);

    /// <summary>The address of a server that listens for it there.</summary>
    public static Uri Address(this Transport transport, EndPoint place, bool withTls = false) => new($"{Scheme(transport)}{(withTls ? "s" : "")}://{place}");

    private static string Scheme(Transport transport) => transport switch
    {
        Transport.Tcp => "tcp",
        Transport.Polling => "http",
        _ => "ws",
    };
}
