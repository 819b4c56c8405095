using System.Net;
using System.Net.Sockets;

namespace Hexagram.Processes;

/// <summary>Ports of 127.0.0.1 that nobody listens on, for programs that must be told one.</summary>
public static class FreePort
{
    /// <summary>One that is free at this moment; whoever is quicker may take it.</summary>
    public static IPEndPoint Next()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
