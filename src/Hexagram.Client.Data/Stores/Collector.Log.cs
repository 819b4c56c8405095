using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Data.Stores;

/// <summary>What the collector logs.</summary>
internal static partial class CollectorLog
{
    [LoggerMessage(101, LogLevel.Warning, "The messages that wait in the store '{Store}' cannot be taken; trying again")]
    internal static partial void CannotCollect(this ILogger logger, string store, Exception cause);
}
