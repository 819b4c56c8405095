using Hexagram.Storage.Postgres.Connections;
using Npgsql;

namespace Hexagram.Storage.Postgres.Upkeep;

/// <summary>
/// What one server at a time does for all. It is a row and no lock of the database, so that it outlives a connection that is lost and a failover; and it says when the
/// last turn began, so that the servers together do no more than one would.
/// </summary>
internal sealed class Turn : IAsyncDisposable
{
    // Whoever dies in its turn holds the others up for so long.
    private static readonly TimeSpan HeldFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(15);

    private const string Take = """
        INSERT INTO turns AS t (what, began_at, held_until) VALUES ($1, clock_timestamp(), clock_timestamp() + $2)
        ON CONFLICT (what) DO UPDATE SET began_at = excluded.began_at, held_until = excluded.held_until
        WHERE t.held_until <= excluded.began_at AND (t.began_at <= excluded.began_at - $3 OR t.began_at > excluded.began_at)
        RETURNING began_at
        """;

    private const string Keep = "UPDATE turns SET held_until = clock_timestamp() + $2 WHERE what = $1 AND began_at = $3";
    private const string Leave = "UPDATE turns SET held_until = clock_timestamp(), began_at = CASE WHEN $2 THEN began_at ELSE '-infinity' END WHERE what = $1 AND began_at = $3";

    private readonly DatabaseLink _link;
    private readonly TimeProvider _time;
    private readonly string _what;
    private readonly DateTime _began;
    private long _keptAt;
    private bool _isDone;

    private Turn(DatabaseLink link, TimeProvider time, string what, DateTime began) => (_link, _time, _what, _began, _keptAt) = (link, time, what, began, time.GetTimestamp());

    /// <summary>Takes the turn, unless somebody else has it or began one less than <paramref name="pause"/> ago: then there is nothing to do.</summary>
    internal static async Task<Turn?> TakeAsync(DatabaseLink link, TimeProvider time, string what, TimeSpan pause)
    {
        await using var connection = await link.ConnectAsync();
        await using var command = new NpgsqlCommand(Take, connection)
        {
            Parameters = { new() { Value = what }, new() { Value = HeldFor }, new() { Value = pause } },
        };
        return await command.ExecuteScalarAsync() is DateTime began ? new Turn(link, time, what, began) : null;
    }

    /// <summary>Goes on having it.</summary>
    /// <returns>False when it is somebody else's by now.</returns>
    internal async ValueTask<bool> KeepAsync()
    {
        if (_time.GetElapsedTime(_keptAt) < KeepEvery)
        {
            return true;
        }

        _keptAt = _time.GetTimestamp();
        return await SetAsync(Keep, HeldFor);
    }

    /// <summary>What was to be done has been done; without this the next who asks does it.</summary>
    internal void Done() => _isDone = true;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await SetAsync(Leave, _isDone);
        }
        catch (Exception fault) when (fault is NpgsqlException or ObjectDisposedException)
        {
            // Then it ends by itself, in a minute at most.
        }
    }

    private async Task<bool> SetAsync(string sql, object value)
    {
        await using var connection = await _link.ConnectAsync();
#pragma warning disable CA2100 // One of the two above.
        await using var command = new NpgsqlCommand(sql, connection)
#pragma warning restore CA2100
        {
            Parameters = { new() { Value = _what }, new() { Value = value }, new() { Value = _began } },
        };
        return await command.ExecuteNonQueryAsync() == 1;
    }
}
