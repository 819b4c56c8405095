using Hexagram.Protocol;

namespace Hexagram.Server.Gateway.WebSockets;

/// <summary>The status of a Close frame behind a Goodbye: 4000 and the number of the code's range (PROTOCOL §3.4, §10).</summary>
internal static class CloseCode
{
    private const ushort RetryLater = 4001;
    private const ushort Authenticate = 4002;
    private const ushort GiveUp = 4003;

    /// <summary>The status for a code.</summary>
    public static ushort For(ErrorCode code) => code.Remedy() switch
    {
        ErrorRemedy.RetryLater => RetryLater,
        ErrorRemedy.Authenticate => Authenticate,
        _ => GiveUp,
    };
}
