using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Hexagram.Server.Cluster;

internal sealed partial class OtherNodes
{
    [LoggerMessage(1601, LogLevel.Warning, "Hints for sessions on node {Node} were lost on their way; the next heartbeat there makes them good.")]
    private static partial void LogHintsLost(ILogger logger, string node, Exception fault);

    [LoggerMessage(1602, LogLevel.Information, "Node {Node} has joined.")]
    private static partial void LogJoined(ILogger logger, SiloAddress node);

    [LoggerMessage(1603, LogLevel.Warning, "Node {Node} has left, or has been declared dead.")]
    private static partial void LogGone(ILogger logger, SiloAddress node);
}
