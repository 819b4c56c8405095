namespace Hexagram.Client;

/// <summary>How packets look on a WebSocket.</summary>
public enum PacketForm
{
    /// <summary>Protobuf: small and fast.</summary>
    Binary,

    /// <summary>JSON: readable on its way.</summary>
    Json,
}
