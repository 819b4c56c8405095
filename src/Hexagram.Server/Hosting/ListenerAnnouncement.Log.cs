using System.Net;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Hosting;

internal sealed partial class ListenerAnnouncement
{
    [LoggerMessage(1001, LogLevel.Information, "Listening on {Tcp} (HTTP: {Http}). Loopback only: other machines cannot connect.")]
    private static partial void LogLoopback(ILogger logger, IPEndPoint tcp, IPEndPoint? http);

    [LoggerMessage(1002, LogLevel.Warning, "Listening on {Tcp} (HTTP: {Http}). Other machines can connect, and the traffic is not encrypted: set a certificate, or put a TLS proxy in front.")]
    private static partial void LogRemote(ILogger logger, IPEndPoint tcp, IPEndPoint? http);

    [LoggerMessage(1006, LogLevel.Information, "Listening on {Tcp} (HTTP: {Http}), with TLS alone. Other machines can connect.")]
    private static partial void LogEncrypted(ILogger logger, IPEndPoint tcp, IPEndPoint? http);

    [LoggerMessage(1003, LogLevel.Warning, "The signing key {Path} can be read by others than its owner, who could then make tokens for anybody. Take the permission away (chmod 600).")]
    private static partial void LogKeyReadable(ILogger logger, string path);
}
