using Microsoft.AspNetCore.Connections;

namespace Hexagram.Server.Gateway.Tcp;

/// <summary>Kestrel's entry: one session for each connection.</summary>
internal sealed class TcpConnectionHandler(SessionSurroundings surroundings) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) =>
        new Session(surroundings, new TcpTransport(connection, surroundings.Time)).RunAsync();
}
