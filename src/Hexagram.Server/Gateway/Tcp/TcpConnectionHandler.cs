using Microsoft.AspNetCore.Connections;

namespace Hexagram.Server.Gateway.Tcp;

/// <summary>Kestrel's entry: one session for each connection.</summary>
internal sealed class TcpConnectionHandler(SessionSurroundings surroundings, Arrivals arrivals) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        arrivals.CameThrough(connection.Features);
        return new Session(surroundings, new TcpTransport(connection, surroundings.Time)).RunAsync();
    }
}
