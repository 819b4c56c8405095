using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Chatting;

/// <summary>One thing in a conversation.</summary>
internal abstract record ChatEntry
{
    private ChatEntry()
    {
    }

    /// <summary>Something that somebody wrote to this user; another than the one whom this user writes to, possibly.</summary>
    public sealed record Theirs(UserId From, DateTimeOffset At, string Text, bool Redelivered) : ChatEntry;

    /// <summary>Something that this user wrote.</summary>
    /// <param name="Message">The message, which knows how it stands; null when it could not even be put into the outbox.</param>
    /// <param name="To">For whom.</param>
    /// <param name="At">When.</param>
    /// <param name="Text">What.</param>
    public sealed record Own(SentMessage? Message, UserId To, DateTimeOffset At, string Text) : ChatEntry
    {
        /// <summary>How it stands, as far as this device knows.</summary>
        public SentState State => Message?.State ?? SentState.Refused;
    }

    /// <summary>Something worth knowing.</summary>
    public sealed record Note(DateTimeOffset At, string Text) : ChatEntry;
}
