using System.Buffers.Binary;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>All epochs of the store, the oldest first: <c>version(1) {epoch(8) begunAt(8, ms)}*</c>. An epoch's place is its ordinal.</summary>
internal static class EpochsRecord
{
    internal const byte Version = 1;
    private const int EachBytes = 16;

    internal static List<StampedEpoch> Read(ReadOnlySpan<byte> value)
    {
        if (value.Length <= 1 || value[0] != Version || (value.Length - 1) % EachBytes != 0)
        {
            throw new InvalidDataException("The record of the epochs cannot be understood: it was damaged, or written by another version.");
        }

        var epochs = new List<StampedEpoch>();
        for (var rest = value[1..]; !rest.IsEmpty; rest = rest[EachBytes..])
        {
            epochs.Add(new StampedEpoch(
                new Epoch(BinaryPrimitives.ReadUInt64BigEndian(rest)),
                BinaryPrimitives.ReadInt64BigEndian(rest[8..])));
        }

        return epochs;
    }

    internal static byte[] Write(IReadOnlyList<StampedEpoch> epochs)
    {
        var value = new byte[1 + (epochs.Count * EachBytes)];
        value[0] = Version;
        for (var i = 0; i < epochs.Count; i++)
        {
            var place = value.AsSpan(1 + (i * EachBytes));
            BinaryPrimitives.WriteUInt64BigEndian(place, epochs[i].Epoch.Value);
            BinaryPrimitives.WriteInt64BigEndian(place[8..], epochs[i].BegunAt);
        }

        return value;
    }
}

/// <summary>An epoch and when it was begun, in milliseconds since the Unix epoch.</summary>
internal readonly record struct StampedEpoch(Epoch Epoch, long BegunAt);
