using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Hosting;

internal sealed partial class ServerCertificate
{
    [LoggerMessage(1004, LogLevel.Information, "TLS with the certificate of {Subject} in {File}, valid until {NotAfter:yyyy-MM-dd}.")]
    private static partial void LogLoaded(ILogger logger, string subject, string file, DateTime notAfter);

    [LoggerMessage(1005, LogLevel.Warning, "The renewed certificate in {File} cannot be used, the one before stays in use: {Reason}")]
    private static partial void LogNotRenewed(ILogger logger, string file, string reason);
}
