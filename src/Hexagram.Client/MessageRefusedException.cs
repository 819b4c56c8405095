using Hexagram.Protocol;

namespace Hexagram.Client;

/// <summary>
/// The server will not take a message, finally. With <see cref="ErrorCode.Expired"/> its outcome is unknown: it may have arrived.
/// </summary>
public sealed class MessageRefusedException : Exception
{
    internal MessageRefusedException(ErrorCode code, string message)
        : base(message) => Code = code;

    /// <summary>What is wrong.</summary>
    public ErrorCode Code { get; }
}
