using Hexagram.Protocol;
using Npgsql;
using NpgsqlTypes;

namespace Hexagram.Storage.Postgres.Connections;

/// <summary>Values as PostgreSQL takes them.</summary>
internal static class Parameters
{
    internal static void Add<T>(this NpgsqlBatchCommand command, T value) => command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });

    internal static void Add<T>(this NpgsqlBatchCommand command, T[] values, NpgsqlDbType each) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | each });

    internal static Guid ToGuid(this MessageId id)
    {
        Span<byte> bytes = stackalloc byte[MessageId.Bytes];
        id.WriteTo(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    internal static MessageId ToMessageId(this Guid value)
    {
        Span<byte> bytes = stackalloc byte[MessageId.Bytes];
        return value.TryWriteBytes(bytes, bigEndian: true, out _) && MessageId.TryRead(bytes, out var id)
            ? id
            : throw new InvalidDataException($"The database holds {value}, which is no message id: it was damaged, or written by something else.");
    }

    /// <summary>The same bits: PostgreSQL has no number without a sign.</summary>
    internal static long ToNumber(this Epoch epoch) => unchecked((long)epoch.Value);

    internal static Epoch ToEpoch(this long number) => new(unchecked((ulong)number));
}
