using System.Net;
using System.Net.Sockets;

namespace Hexagram.Processes;

/// <summary>Ports of 127.0.0.1 that nobody listens on, for programs that must be told one.</summary>
public static class FreePort
{
    /// <summary>Below where Linux (32768) and macOS and Windows (49152) begin to give ports to outgoing connections: no such connection takes it while its program is away.</summary>
    private const int First = 15_000, Last = 32_000;

    private const int TriesMax = 1000;

    /// <summary>One that is free at this moment, drawn by chance.</summary>
    /// <exception cref="InvalidOperationException">So many were taken that there is hardly any left.</exception>
    public static IPEndPoint Next()
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var place = new IPEndPoint(IPAddress.Loopback, Random.Shared.Next(First, Last));
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(place);
                return place;
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // The next one, then.
            }
        }

        throw new InvalidOperationException($"Of {TriesMax} ports between {First} and {Last} on 127.0.0.1 each was taken.");
    }
}
