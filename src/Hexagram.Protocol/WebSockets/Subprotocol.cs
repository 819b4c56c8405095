namespace Hexagram.Protocol.WebSockets;

/// <summary>The names by which client and server agree on the form of packets (PROTOCOL §3.4).</summary>
public static class Subprotocol
{
    /// <summary>Binary messages of protobuf.</summary>
    public const string Binary = "hexagram.v1.proto";

    /// <summary>Text messages of JSON.</summary>
    public const string Json = "hexagram.v1.json";
}
