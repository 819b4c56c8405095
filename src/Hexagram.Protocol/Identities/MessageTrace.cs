using System.Diagnostics;
using System.Security.Cryptography;

namespace Hexagram.Protocol;

/// <summary>
/// The trace of a message (W3C Trace Context). Whoever knows the message's id knows its trace, so sender, server and recipient report to the same one and no
/// packet has to carry it.
/// </summary>
public static class MessageTrace
{
    /// <summary>
    /// The first 16 bytes of the SHA-256 of the id's 16 bytes. The id itself would fit, but samplers take some bytes of a trace id for a random number, and
    /// those of a UUIDv7 are a time and a version.
    /// </summary>
    public static ActivityTraceId IdOf(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[MessageId.Bytes];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        id.WriteTo(bytes);
        SHA256.HashData(bytes, hash);
        return ActivityTraceId.CreateFromBytes(hash[..16]);
    }

    /// <summary>
    /// Starts an activity in the trace of the message, without a parent: so each process's sampler decides by the trace id, and all decide alike. The current
    /// activity of the caller stays what it is.
    /// </summary>
    /// <returns>Null when nobody listens, or the sampler does not want this message.</returns>
    public static Activity? Start(ActivitySource source, string name, ActivityKind kind, MessageId id, ActivityLink? link = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!source.HasListeners())
        {
            return null;
        }

        var current = Activity.Current;
        // It would become the parent, whatever the context says.
        Activity.Current = null;
        try
        {
            var activity = source.StartActivity(
                name,
                kind,
                new ActivityContext(IdOf(id), default, ActivityTraceFlags.None),
                tags: null,
                links: link is { } one ? [one] : null);
            activity?.SetTag("messaging.system", "hexagram");
            activity?.SetTag("messaging.operation.name", name);
            activity?.SetTag("messaging.message.id", id.ToString());
            return activity;
        }
        finally
        {
            Activity.Current = current;
        }
    }
}
