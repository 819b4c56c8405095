using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hexagram.Protocol;

/// <summary>
/// A message's name: a UUIDv7 (RFC 9562) that its sender made once and keeps through every resend.
/// Nothing is ordered by it; its time part is the sender's claim of when the message was written (PROTOCOL §2).
/// </summary>
public readonly record struct MessageId
{
    /// <summary>Size on the wire and on disk, in bytes; big-endian as RFC 9562 lays it out.</summary>
    public const int Bytes = 16;

    /// <summary>Size of the canonical text, in bytes of ASCII.</summary>
    public const int TextBytes = 36;

    private readonly Guid _value;

    private MessageId(Guid value) => _value = value;

    /// <summary>The time part: the sender's clock, in milliseconds since the Unix epoch, as a UTC instant.</summary>
    public DateTimeOffset MadeAt
    {
        get
        {
            Span<byte> bytes = stackalloc byte[Bytes];
            WriteTo(bytes);
            var milliseconds = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
            return milliseconds > MillisecondsMax ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        }
    }

    // 48 bits reach past the year 9999, where DateTimeOffset ends.
    private static readonly long MillisecondsMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>A new id with <paramref name="now"/> as its time part and 74 random bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time lies before 1970.</exception>
    public static MessageId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    /// <summary>An id with its random bits chosen by the caller, so that simulations and vectors can repeat themselves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time lies before 1970.</exception>
    public static MessageId New(DateTimeOffset now, ulong randomHigh, ulong randomLow)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(now, DateTimeOffset.UnixEpoch);
        Span<byte> bytes = stackalloc byte[Bytes];
        var milliseconds = (ulong)now.ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (milliseconds << 16) | 0x7000 | (randomHigh & 0x0FFF));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], 0x8000_0000_0000_0000 | (randomLow >> 2));
        return new MessageId(new Guid(bytes, bigEndian: true));
    }

    /// <summary>Reads 16 bytes; false unless they are a UUID of version 7.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MessageId id)
    {
        if (bytes.Length != Bytes || bytes[6] >> 4 != 7 || bytes[8] >> 6 != 2)
        {
            id = default;
            return false;
        }

        id = new MessageId(new Guid(bytes, bigEndian: true));
        return true;
    }

    /// <summary>
    /// Reads the canonical text, such as <c>01890a5d-ac96-774b-bcce-b302099a8057</c>, in small letters or capitals; false unless it is a UUID of
    /// version 7.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MessageId id)
    {
        Span<byte> ascii = stackalloc byte[TextBytes];
        if (text?.Length == TextBytes && Ascii.FromUtf16(text, ascii, out _) == OperationStatus.Done)
        {
            return TryReadText(ascii, out id);
        }

        id = default;
        return false;
    }

    /// <summary>The same for text in ASCII.</summary>
    public static bool TryReadText(ReadOnlySpan<byte> ascii, out MessageId id)
    {
        if (ascii.Length != TextBytes || ascii[8] != '-' || ascii[13] != '-' || ascii[18] != '-' || ascii[23] != '-')
        {
            id = default;
            return false;
        }

        // Digit by digit: the parser of Guid lets white space, signs and prefixes pass.
        Span<byte> digits = stackalloc byte[2 * Bytes];
        ascii[..8].CopyTo(digits);
        ascii[9..13].CopyTo(digits[8..]);
        ascii[14..18].CopyTo(digits[12..]);
        ascii[19..23].CopyTo(digits[16..]);
        ascii[24..].CopyTo(digits[20..]);
        Span<byte> bytes = stackalloc byte[Bytes];
        if (Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done)
        {
            return TryRead(bytes, out id);
        }

        id = default;
        return false;
    }

    /// <summary>Writes the 16 bytes of the id.</summary>
    public void WriteTo(Span<byte> destination)
    {
        if (!_value.TryWriteBytes(destination, bigEndian: true, out _))
        {
            throw new ArgumentException("A message id needs 16 bytes.", nameof(destination));
        }
    }

    /// <summary>Writes the canonical text in ASCII.</summary>
    public void WriteText(Span<byte> destination)
    {
        if (!_value.TryFormat(destination, out _, "D"))
        {
            throw new ArgumentException("The text of a message id needs 36 bytes.", nameof(destination));
        }
    }

    /// <summary>The id's 16 bytes in a new array.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        WriteTo(bytes);
        return bytes;
    }

    /// <summary>The canonical text form.</summary>
    public override string ToString() => _value.ToString("D");
}
