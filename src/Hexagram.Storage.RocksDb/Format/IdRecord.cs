using System.Buffers.Binary;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>
/// Where the message with an id stands: <c>version(1) sequence(8) acceptedAt(8, ms) fingerprint(16)</c>.
/// </summary>
/// <param name="Sequence">Its number.</param>
/// <param name="AcceptedAt">When it was first accepted, in milliseconds since the Unix epoch.</param>
/// <param name="Fingerprint">What tells a resend from another message under the same id; see <see cref="Body.WriteFingerprint"/>.</param>
internal readonly record struct IdRecord(long Sequence, long AcceptedAt, UInt128 Fingerprint)
{
    internal const byte Version = 1;
    internal const int Bytes = 33;

    /// <summary>The fingerprint of a body as a number.</summary>
    internal static UInt128 FingerprintOf(Body body)
    {
        Span<byte> fingerprint = stackalloc byte[16];
        body.WriteFingerprint(fingerprint);
        return BinaryPrimitives.ReadUInt128BigEndian(fingerprint);
    }

    internal static IdRecord Read(ReadOnlySpan<byte> value) =>
        value.Length == Bytes && value[0] == Version && Milliseconds.TryRead(value[9..], out var acceptedAt)
            ? new IdRecord(
                BinaryPrimitives.ReadInt64BigEndian(value[1..]),
                acceptedAt,
                BinaryPrimitives.ReadUInt128BigEndian(value[17..]))
            : throw new InvalidDataException("The record of a message id cannot be understood: it was damaged, or written by another version.");

    internal void Write(Span<byte> destination)
    {
        destination[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(destination[1..], Sequence);
        BinaryPrimitives.WriteInt64BigEndian(destination[9..], AcceptedAt);
        BinaryPrimitives.WriteUInt128BigEndian(destination[17..], Fingerprint);
    }
}
