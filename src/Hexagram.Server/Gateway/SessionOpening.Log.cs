using Hexagram.Protocol;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Gateway;

internal sealed partial class SessionOpening
{
    [LoggerMessage(1101, LogLevel.Debug, "Session of {User}/{Device} from {Peer} opened with {Software}, connection {Connection}, window {Window}.")]
    private static partial void LogOpened(ILogger logger, UserId user, DeviceId device, string peer, string software, ConnectionNumber connection, int window);
}
