using Hexagram.Client;
using Hexagram.Client.Stores;
using Hexagram.Fuzz.Engine;
using Microsoft.Data.Sqlite;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// The client's rows, with values of any type in any column: the client opens with them, works as far as it does before there is a server,
/// and closes; or it says that its store is damaged. Either way it can be opened again.
/// </summary>
internal sealed class RowTarget : IFuzzTarget
{
    public const string TargetName = "row";

    private static readonly string[] Changes =
    [
        "UPDATE hexagram_inbox SET epoch = $1, cursor = $2",
        "UPDATE hexagram_inbox SET begun_sender = $1, begun_id = $2",
        "UPDATE hexagram_client SET value = $1 WHERE key = 'device'",
        "INSERT OR REPLACE INTO hexagram_client (key, value) VALUES ('user', $1)",
        "INSERT OR REPLACE INTO hexagram_client (key, value) VALUES ('connection', $1)",
        "INSERT OR REPLACE INTO hexagram_client (key, value) VALUES ('clock_offset', $1)",
        "UPDATE hexagram_client SET value = $1 WHERE key = 'version'",
        "INSERT OR IGNORE INTO hexagram_outbox (number, id, recipient, state, transmitted, body_bytes) VALUES ($1, $2, $3, $4, $5, 1)",
        "INSERT OR IGNORE INTO hexagram_outbox (number, id, recipient, state, transmitted, body_bytes) VALUES (NULL, $1, 'bob', $2, $3, $4)",
        "INSERT OR IGNORE INTO hexagram_outbox_body (number, content_type, content) VALUES ($1, $2, $3)",
        "INSERT OR IGNORE INTO hexagram_seen (id, sender, epoch, at) VALUES ($1, $2, $3, $4)",
        "INSERT OR IGNORE INTO hexagram_set_aside (id, sender, sequence, accepted_at, attempt, reason, at, content_type, content) VALUES ($1, $2, $3, $4, 1, 'x', $5, 'a/b', $2)",
        "DELETE FROM hexagram_inbox",
        "DROP TABLE hexagram_seen",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-fuzz-").FullName;
    private byte[]? _fresh;

    public string Name => TargetName;

    public int InputBytesMax => 256;

    public bool IsSynchronous => false;

    private string Database => Path.Combine(_folder, SqliteClientStore.FileName);

    public IEnumerable<byte[]> Seeds()
    {
        for (var change = 0; change < Changes.Length; change++)
        {
            for (var type = 0; type < 6; type++)
            {
                yield return [(byte)change, (byte)type, 1, (byte)type, 2, (byte)type, 3, (byte)type, 4, (byte)type, 5];
            }
        }

        // The same id twice, to the same recipient.
        yield return [8, 5, 1, 0, 0, 0, 0, 0, 0, 8, 5, 1, 0, 0, 0, 0, 0, 0];
    }

    public async Task TryAsync(byte[] input, Observations seen)
    {
        await RestoreAsync();
        var choices = new InputBytes(input);
        var changes = Change(choices);
        var outcome = await OpenAsync();
        foreach (var change in changes)
        {
            seen.Saw((change << 8) + outcome);
        }

        // Whatever it said, it holds the folder no longer.
        await RestoreAsync();
        BrokenPromiseException.Unless(await OpenAsync() == 1, "The folder of a client that would not open is not free.");
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Carries out what an input chooses. Each change, with the type of its last value, is told by a number.</summary>
    private List<int> Change(InputBytes choices)
    {
        var changes = new List<int>();
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        for (var n = 0; n < 8 && !choices.IsAtEnd; n++)
        {
            var change = choices.Next() % Changes.Length;
            using var command = connection.CreateCommand();
            command.CommandText = Changes[change];
            var type = 0;
            for (var parameter = 1; Changes[change].Contains($"${parameter}", StringComparison.Ordinal); parameter++)
            {
                type = choices.Next() % 7;
                command.Parameters.AddWithValue($"${parameter}", Value(type, choices));
            }

            try
            {
                command.ExecuteNonQuery();
                changes.Add((change * 7) + type);
            }
            catch (SqliteException)
            {
                // The schema itself does not let this value in, nor would it stand on the disk.
                changes.Add(-1);
            }
        }

        return changes;
    }

    private static object Value(int type, InputBytes choices) => type switch
    {
        0 => choices.Long(),
        1 => (long)choices.Next() - 5,
        2 => choices.Of(long.MinValue, long.MaxValue, -1L, 253_402_300_799_999L, 253_402_300_800_000L, (1L << 53) - 1, int.MaxValue, int.MinValue),
        3 => choices.Of("", "bob", "two words", "a\nb", "\uFFFD", "9", new string('x', 200)),
        4 => choices.Take(choices.Next() % 24),
        5 => SomePackets.Id(choices.Next()).ToBytes(),
        _ => choices.Of<object>(DBNull.Value, 1.5, double.MaxValue, true),
    };

    /// <summary>1: it opened; 0: it said why not.</summary>
    private async Task<int> OpenAsync()
    {
        HexagramClient client;
        try
        {
            client = await HexagramClient.OpenAsync(new HexagramClientOptions
            {
                // Nobody listens there; what is tried here is the store.
                Server = new Uri("tcp://127.0.0.1:1"),
                Token = "token",
                Store = ClientStore.Sqlite(_folder),
                CloseTimeout = TimeSpan.Zero,
            }).WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (ClientStoreException fault)
        {
            BrokenPromiseException.Unless(fault.Message.Contains(_folder, StringComparison.Ordinal), "The words do not name the file.");
            return 0;
        }

        await using (client)
        {
            client.ListOutbox();
            try
            {
                await client.ListSetAsideAsync().WaitAsync(TimeSpan.FromSeconds(20));
            }
            catch (ClientStoreException)
            {
                return 2;
            }

            BrokenPromiseException.Unless(client.State is not ConnectionState.Stopped { Cause: StopCause.Defect }, $"The client has stopped with a defect: {client.State}");
            return 1;
        }
    }

    private async Task RestoreAsync()
    {
        foreach (var file in Directory.EnumerateFiles(_folder))
        {
            File.Delete(file);
        }

        if (_fresh is null)
        {
            BrokenPromiseException.Unless(await OpenAsync() == 1, "A new store does not open.");
            _fresh = await File.ReadAllBytesAsync(Database);
        }

        await File.WriteAllBytesAsync(Database, _fresh);
    }
}
