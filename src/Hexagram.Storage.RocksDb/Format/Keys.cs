using System.Buffers.Binary;
using System.Text;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>
/// How keys are laid out. All that belongs to a mailbox begins with its user id and a zero byte, which no user id can
/// hold; so a mailbox is one run of keys: its record, then its devices, then its entries' headers in sequence, then the large bodies.
/// </summary>
/// <remarks>
/// <code>
/// mailboxes  user 00                    the mailbox's record
///            user 00 01 device          a device's record
///            user 00 02 sequence(8)     an entry's header, and its body if that is small; big-endian, so that order is number
///            user 00 03 sequence(8)     its body if that is large, unless it is forgotten
/// ids        user 00 sender 00 id(16)   where the message with this id stands
/// default    'e'                        the epochs
///            's' sender                 how many mailboxes the sender has brought into being
/// </code>
/// These bytes are on disk: a change needs a new <see cref="FormatVersion"/>.
/// </remarks>
internal static class Keys
{
    /// <summary>The longest key, in bytes: that of a message id.</summary>
    internal const int BytesMax = UserId.BytesMax + 1 + UserId.BytesMax + 1 + MessageId.Bytes;

    /// <summary>The longest run that all keys of a mailbox begin with, in bytes.</summary>
    internal const int PrefixBytesMax = UserId.BytesMax + 1;

    /// <summary>What follows the prefix in a device's key.</summary>
    internal const byte DeviceKind = 1;

    /// <summary>What follows the prefix in an entry's key.</summary>
    internal const byte EntryKind = 2;

    /// <summary>What follows the prefix in a body's key.</summary>
    internal const byte BodyKind = 3;

    private const byte Separator = 0;

    /// <summary>The store's epochs.</summary>
    internal static ReadOnlySpan<byte> Epochs => "e"u8;

    /// <summary>Writes what all keys of <paramref name="mailbox"/> begin with, which is also the key of its record.</summary>
    internal static int WritePrefix(Span<byte> destination, UserId mailbox)
    {
        var length = Encoding.UTF8.GetBytes(mailbox.Value, destination);
        destination[length] = Separator;
        return length + 1;
    }

    /// <summary>Writes the key of an entry's header.</summary>
    internal static int WriteEntry(Span<byte> destination, ReadOnlySpan<byte> prefix, long sequence) =>
        WriteNumbered(destination, prefix, EntryKind, sequence);

    /// <summary>Writes the key of an entry's body.</summary>
    internal static int WriteBody(Span<byte> destination, ReadOnlySpan<byte> prefix, long sequence) =>
        WriteNumbered(destination, prefix, BodyKind, sequence);

    /// <summary>Writes the key of a device.</summary>
    internal static int WriteDevice(Span<byte> destination, ReadOnlySpan<byte> prefix, DeviceId device)
    {
        prefix.CopyTo(destination);
        destination[prefix.Length] = DeviceKind;
        return prefix.Length + 1 + Encoding.UTF8.GetBytes(device.Value, destination[(prefix.Length + 1)..]);
    }

    /// <summary>Writes the key of a message id.</summary>
    internal static int WriteId(Span<byte> destination, ReadOnlySpan<byte> prefix, UserId sender, MessageId id)
    {
        var length = WriteIdPrefix(destination, prefix, sender);
        id.WriteTo(destination[length..]);
        return length + MessageId.Bytes;
    }

    /// <summary>Writes the last key that a message id of <paramref name="sender"/> could have.</summary>
    internal static int WriteLastId(Span<byte> destination, ReadOnlySpan<byte> prefix, UserId sender)
    {
        var length = WriteIdPrefix(destination, prefix, sender);
        destination.Slice(length, MessageId.Bytes).Fill(0xFF);
        return length + MessageId.Bytes;
    }

    /// <summary>Writes the key of a sender's record.</summary>
    internal static int WriteSender(Span<byte> destination, UserId sender)
    {
        destination[0] = (byte)'s';
        return 1 + Encoding.UTF8.GetBytes(sender.Value, destination[1..]);
    }

    /// <summary>Writes the first key that can follow all keys of the mailbox with <paramref name="prefix"/>.</summary>
    internal static int WriteAfterMailbox(Span<byte> destination, ReadOnlySpan<byte> prefix)
    {
        prefix.CopyTo(destination);
        destination[prefix.Length - 1] = Separator + 1;
        return prefix.Length;
    }

    /// <summary>Whether <paramref name="key"/> is an entry's header in the mailbox with <paramref name="prefix"/>, and its number.</summary>
    internal static bool TryReadEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix, out long sequence) =>
        TryReadNumbered(key, prefix, EntryKind, out sequence);

    /// <summary>Whether <paramref name="key"/> is an entry's body in the mailbox with <paramref name="prefix"/>, and its number.</summary>
    internal static bool TryReadBody(ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix, out long sequence) =>
        TryReadNumbered(key, prefix, BodyKind, out sequence);

    /// <summary>Whether <paramref name="key"/> is a device of the mailbox with <paramref name="prefix"/>, and which.</summary>
    internal static bool TryReadDevice(ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix, out DeviceId device)
    {
        if (key.Length > prefix.Length + 1 && key[prefix.Length] == DeviceKind && key.StartsWith(prefix))
        {
            return DeviceId.TryParse(Encoding.UTF8.GetString(key[(prefix.Length + 1)..]), out device);
        }

        device = default;
        return false;
    }

    /// <summary>Whether <paramref name="key"/> is a message id behind <paramref name="senderPrefix"/>, and which.</summary>
    internal static bool TryReadId(ReadOnlySpan<byte> key, ReadOnlySpan<byte> senderPrefix, out MessageId id)
    {
        id = default;
        return key.StartsWith(senderPrefix) && MessageId.TryRead(key[senderPrefix.Length..], out id);
    }

    /// <summary>Takes the key of a message id apart: whose mailbox, whose message, which.</summary>
    /// <exception cref="InvalidDataException">It is no such key.</exception>
    internal static (UserId Mailbox, UserId Sender, MessageId Id) ReadId(ReadOnlySpan<byte> key)
    {
        var mailbox = ReadMailbox(key);
        var sender = key[(key.IndexOf(Separator) + 1)..];
        return sender.Length > MessageId.Bytes + 1
            && sender[^(MessageId.Bytes + 1)] == Separator
            && MessageId.TryRead(sender[^MessageId.Bytes..], out var id)
            && UserId.TryParse(Encoding.UTF8.GetString(sender[..^(MessageId.Bytes + 1)]), out var from)
                ? (mailbox, from, id)
                : throw new InvalidDataException("The key of a message id cannot be understood: it was damaged, or written by another version.");
    }

    /// <summary>Reads the mailbox that <paramref name="key"/> belongs to.</summary>
    /// <exception cref="InvalidDataException">It is no key of a mailbox.</exception>
    internal static UserId ReadMailbox(ReadOnlySpan<byte> key) =>
        key.IndexOf(Separator) is > 0 and var length && UserId.TryParse(Encoding.UTF8.GetString(key[..length]), out var mailbox)
            ? mailbox
            : throw new InvalidDataException("A key of a mailbox cannot be understood: it was damaged, or written by another version.");

    private static int WriteIdPrefix(Span<byte> destination, ReadOnlySpan<byte> prefix, UserId sender)
    {
        prefix.CopyTo(destination);
        var length = prefix.Length + Encoding.UTF8.GetBytes(sender.Value, destination[prefix.Length..]);
        destination[length] = Separator;
        return length + 1;
    }

    private static int WriteNumbered(Span<byte> destination, ReadOnlySpan<byte> prefix, byte kind, long sequence)
    {
        prefix.CopyTo(destination);
        destination[prefix.Length] = kind;
        BinaryPrimitives.WriteInt64BigEndian(destination[(prefix.Length + 1)..], sequence);
        return prefix.Length + 1 + sizeof(long);
    }

    private static bool TryReadNumbered(ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix, byte kind, out long sequence)
    {
        var found = key.Length == prefix.Length + 1 + sizeof(long) && key[prefix.Length] == kind && key.StartsWith(prefix);
        sequence = found ? BinaryPrimitives.ReadInt64BigEndian(key[(prefix.Length + 1)..]) : 0;
        return found;
    }
}
