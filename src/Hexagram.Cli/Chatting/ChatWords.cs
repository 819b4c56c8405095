using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Chatting;

/// <summary>What can be said about messages and connections in a chat; each word only when it is true.</summary>
internal static class ChatWords
{
    /// <summary>The longest word for a state.</summary>
    public const int StateWidth = 9;

    /// <summary>How a message of one's own stands: waiting, accepted, stored, delivered, refused or cancelled.</summary>
    public static string Of(SentState state) => state.ToString().ToLowerInvariant();

    /// <summary>How the client stands with its server.</summary>
    public static string Of(ConnectionState connection) => connection switch
    {
        ConnectionState.Connected => "connected",
        ConnectionState.Connecting => "connecting",
        ConnectionState.Waiting => "offline, trying again; what you write is kept",
        ConnectionState.Stopped stopped => $"stopped: {stopped.Reason}",
        _ => "",
    };

    /// <summary>What is left undelivered when a chat is left; null when nothing is.</summary>
    public static string? Farewell(IReadOnlyList<SentMessage> outbox, UserId user)
    {
        var waiting = outbox.Count(message => message.State == SentState.Waiting);
        var accepted = outbox.Count(message => message.State == SentState.Accepted);
        var stored = outbox.Count(message => message.State == SentState.Stored);
        var parts = new[]
        {
            waiting > 0 ? $"{Messages(waiting)} in the outbox, not yet at the server: the next 'hexagram chat --as {user}' sends {Them(waiting)}" : null,
            accepted > 0 ? $"{Messages(accepted)} on the server's disk, and not confirmed yet" : null,
            stored > 0 ? $"{Messages(stored)} stored at the server for somebody who is offline, and arrive{(stored == 1 ? "s" : "")} when they come back" : null,
        };
        var said = string.Join("; ", parts.OfType<string>());
        return said.Length == 0 ? null : $"{said}. Nothing is lost.";
    }

    private static string Messages(int count) => count == 1 ? "1 message is" : $"{count} messages are";

    private static string Them(int count) => count == 1 ? "it" : "them";
}
