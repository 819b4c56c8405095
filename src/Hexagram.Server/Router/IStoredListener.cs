using Hexagram.Protocol;

namespace Hexagram.Server.Router;

/// <summary>The sender's session, to be told when no receiving session of the recipient was known.</summary>
internal interface IStoredListener
{
    /// <summary>These are on disk and were brought to nobody. 1 or more ids.</summary>
    void Stored(UserId by, IReadOnlyList<MessageId> ids);
}
