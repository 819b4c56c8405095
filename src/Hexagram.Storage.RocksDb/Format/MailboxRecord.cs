using System.Buffers.Binary;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>
/// What a mailbox must know beyond its entries and devices. Most mailboxes have none: it is written only when something
/// is forgotten, a device's record goes, or an entry comes after a restore.
/// <c>version(1) firstAvailable(8) firstKept(8) last(8) forgottenMark(8, ms) count(2) {after(8) upTo(8)}* count(2) {ordinal(4) first(8)}*</c>.
/// </summary>
internal sealed class MailboxRecord
{
    internal const byte Version = 1;

    private const int FixedBytes = 33;
    private const int IntervalBytes = 16;
    private const int BranchBytes = 12;

    /// <summary>The oldest entry that can be read.</summary>
    internal long FirstAvailable { get; set; } = 1;

    /// <summary>The oldest entry of which at least the header is left.</summary>
    internal long FirstKept { get; set; } = 1;

    /// <summary>At least this many entries have been numbered; the log itself tells of later ones.</summary>
    internal long Last { get; set; }

    /// <summary>The highest id time among forgotten ids, in milliseconds since the Unix epoch; negative when none was forgotten.</summary>
    internal long ForgottenMark { get; set; } = -1;

    /// <summary>What devices confirmed whose own records are gone.</summary>
    internal IntervalSet Retired { get; private init; } = new();

    /// <summary>The first number in each later epoch, in order; none for the first epoch of the store.</summary>
    internal List<EpochBranch> Branches { get; } = [];

    internal static MailboxRecord Read(ReadOnlySpan<byte> value)
    {
        var (firstAvailable, last) = ReadRange(value);
        var record = new MailboxRecord
        {
            FirstAvailable = firstAvailable,
            FirstKept = BinaryPrimitives.ReadInt64BigEndian(value[9..]),
            Last = last,
            ForgottenMark = BinaryPrimitives.ReadInt64BigEndian(value[25..]),
        };
        var rest = value[FixedBytes..];
        var intervals = Counted(ref rest, IntervalBytes);
        for (; !intervals.IsEmpty; intervals = intervals[IntervalBytes..])
        {
            var after = BinaryPrimitives.ReadInt64BigEndian(intervals);
            var upTo = BinaryPrimitives.ReadInt64BigEndian(intervals[8..]);
            if (after < 0 || upTo <= after || (record.Retired.Count > 0 && after <= record.Retired[record.Retired.Count - 1].UpTo))
            {
                throw Malformed();
            }

            record.Retired.Add(after, upTo);
        }

        var branches = Counted(ref rest, BranchBytes);
        for (; !branches.IsEmpty; branches = branches[BranchBytes..])
        {
            record.Branches.Add(new EpochBranch(BinaryPrimitives.ReadInt32BigEndian(branches), BinaryPrimitives.ReadInt64BigEndian(branches[4..])));
        }

        return rest.IsEmpty ? record : throw Malformed();
    }

    /// <summary>Takes a list of records of one size off <paramref name="rest"/>: <c>count(2) record*</c>.</summary>
    private static ReadOnlySpan<byte> Counted(ref ReadOnlySpan<byte> rest, int recordBytes)
    {
        var bytes = rest.Length < 2 ? int.MaxValue : BinaryPrimitives.ReadUInt16BigEndian(rest) * recordBytes;
        if (bytes > rest.Length - 2)
        {
            throw Malformed();
        }

        var records = rest.Slice(2, bytes);
        rest = rest[(2 + bytes)..];
        return records;
    }

    /// <summary>Reads no more than the oldest entry and the least that the newest can be.</summary>
    internal static (long FirstAvailable, long Last) ReadRange(ReadOnlySpan<byte> value) =>
        value.Length >= FixedBytes + 4 && value[0] == Version
            ? (BinaryPrimitives.ReadInt64BigEndian(value[1..]), BinaryPrimitives.ReadInt64BigEndian(value[17..]))
            : throw Malformed();

    internal byte[] Write()
    {
        var value = new byte[FixedBytes + 2 + (Retired.Count * IntervalBytes) + 2 + (Branches.Count * BranchBytes)];
        value[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(1), FirstAvailable);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(9), FirstKept);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(17), Last);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(25), ForgottenMark);
        var rest = value.AsSpan(FixedBytes);
        BinaryPrimitives.WriteUInt16BigEndian(rest, checked((ushort)Retired.Count));
        rest = rest[2..];
        for (var i = 0; i < Retired.Count; i++, rest = rest[IntervalBytes..])
        {
            BinaryPrimitives.WriteInt64BigEndian(rest, Retired[i].After);
            BinaryPrimitives.WriteInt64BigEndian(rest[8..], Retired[i].UpTo);
        }

        BinaryPrimitives.WriteUInt16BigEndian(rest, checked((ushort)Branches.Count));
        rest = rest[2..];
        foreach (var branch in Branches)
        {
            BinaryPrimitives.WriteInt32BigEndian(rest, branch.Ordinal);
            BinaryPrimitives.WriteInt64BigEndian(rest[4..], branch.First);
            rest = rest[BranchBytes..];
        }

        return value;
    }

    private static InvalidDataException Malformed() =>
        new("The record of a mailbox cannot be understood: it was damaged, or written by another version.");
}

/// <summary>In the store's epoch number <paramref name="Ordinal"/>, this mailbox's first entry was <paramref name="First"/>.</summary>
internal readonly record struct EpochBranch(int Ordinal, long First);
