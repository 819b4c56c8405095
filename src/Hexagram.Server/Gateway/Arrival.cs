using Microsoft.AspNetCore.Connections;

namespace Hexagram.Server.Gateway;

/// <summary>A connection that has come, and of which nothing is known yet: it is in its TLS handshake, or has asked nothing over HTTP.</summary>
/// <param name="connection">The connection.</param>
/// <param name="cameAt">When it came, as the clock's timestamp.</param>
internal sealed class Arrival(ConnectionContext connection, long cameAt) : INewcomer
{
    /// <inheritdoc/>
    public LinkedListNode<INewcomer>? Place { get; set; }

    /// <summary>When it came, as the clock's timestamp.</summary>
    public long CameAt => cameAt;

    /// <summary>Ends it without a word: in a handshake nobody would understand one.</summary>
    public void TurnAway() => connection.Abort();
}
