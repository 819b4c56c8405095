using Npgsql;

namespace Hexagram.Storage.Postgres.Connections;

/// <summary>Whether the database has room for more: it may have a size that it must not pass, and its disk may say that it is full. Safe from any thread.</summary>
internal sealed class DatabaseRoom(PostgresStoreOptions options, DatabaseLink link, StoreSeams seams, TimeProvider time)
{
    private const long Never = long.MinValue;

    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(1);

    // Belongs to whoever measures.
    private long? _measuredAt;
    private long _foundFullAt = Never;
    private volatile bool _beyond;
    private int _measuring;

    /// <summary>The disk has said that it is full: for a moment it is not asked again.</summary>
    internal void FoundFull() => Volatile.Write(ref _foundFullAt, time.GetTimestamp());

    /// <summary>Whether nothing new may be taken in.</summary>
    internal async ValueTask<bool> IsFullAsync()
    {
        var foundFullAt = Volatile.Read(ref _foundFullAt);
        if (foundFullAt != Never && time.GetElapsedTime(foundFullAt) < FullFor)
        {
            return true;
        }

        if (options.DatabaseBytesMax == 0)
        {
            return false;
        }

        // One measures at a time; the others go by what was measured last.
        if (Interlocked.Exchange(ref _measuring, 1) == 0)
        {
            try
            {
                if (_measuredAt is not { } measured || time.GetElapsedTime(measured) >= MeasureEvery)
                {
                    _beyond = await MeasureAsync() >= options.DatabaseBytesMax;
                    _measuredAt = time.GetTimestamp();
                }
            }
            catch (NpgsqlException)
            {
                // Then the batch will find out what is wrong.
                return _beyond;
            }
            finally
            {
                Volatile.Write(ref _measuring, 0);
            }
        }

        return _beyond;
    }

    private async Task<long> MeasureAsync()
    {
        if (seams.DatabaseBytes is { } bytes)
        {
            return bytes();
        }

        await using var connection = await link.ConnectAsync();
        await using var command = new NpgsqlCommand("SELECT pg_database_size(current_database())", connection);
        return await command.ExecuteScalarAsync() is long size ? size : 0;
    }
}
