using System.Collections.Concurrent;
using System.Text;
using Hexagram.Protocol;

namespace Hexagram.Floor;

/// <summary>The dictionary: who is connected, and what is on its way to them.</summary>
internal sealed class Relay
{
    private readonly ConcurrentDictionary<string, RelayMailbox> _mailboxes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RelayMailbox>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public Relay() => _bySpan = _mailboxes.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What is on its way to a user.</summary>
    public RelayMailbox Of(ReadOnlySpan<byte> user)
    {
        Span<char> name = stackalloc char[UserId.BytesMax];
        name = name[..Encoding.UTF8.GetChars(user, name)];
        return _bySpan.TryGetValue(name, out var mailbox) ? mailbox : _mailboxes.GetOrAdd(name.ToString(), text => new RelayMailbox(Encoding.UTF8.GetBytes(text)));
    }
}
