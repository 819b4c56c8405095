using Hexagram.Cli.Sending;
using Hexagram.Client;

namespace Hexagram.Cli.Chatting;

/// <summary>What a person, or a program, has in front of them in a chat. Members may be called from any thread.</summary>
internal interface IChatFace : IAsyncDisposable
{
    /// <summary>What is typed, line by line, until there is no more.</summary>
    IAsyncEnumerable<InputLine> ReadAsync();

    /// <summary>Shows an entry, soon.</summary>
    void Show(ChatEntry entry);

    /// <summary>Shows what somebody wrote. Completes when it can be seen; only then it is confirmed.</summary>
    /// <exception cref="IOException">It cannot be shown.</exception>
    Task ShowAsync(ChatEntry.Theirs entry, Message message, CancellationToken cancellationToken);

    /// <summary>A message of one's own has got further.</summary>
    void Risen(ChatEntry.Own own);

    /// <summary>Something else is different, such as the connection.</summary>
    void Changed();
}
