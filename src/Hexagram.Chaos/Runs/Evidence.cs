using Hexagram.Checking;
using Hexagram.Protocol;
using Hexagram.Storage;
using Microsoft.Data.Sqlite;

namespace Hexagram.Chaos.Runs;

/// <summary>What is left when all processes have ended: the effects in the clients' files, and the entries on the server's disk.</summary>
internal static class Evidence
{
    private const int PageEntries = 1_000;
    private const int PageBytes = 8 << 20;

    /// <summary>Adds the effects that stand in the file of a device that receives.</summary>
    /// <returns>The messages that have had an effect there.</returns>
    public static async Task<HashSet<TrackedMessage>> ReadEffectsAsync(Seat seat, Recorder recorder)
    {
        var effects = new HashSet<TrackedMessage>();
        var file = Path.Combine(seat.Folder, "client.db");
        if (!File.Exists(file))
        {
            return effects;
        }

        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = Clients.SeatedClient.EffectsTable;
        await command.ExecuteNonQueryAsync();
        command.CommandText = "SELECT ticks, message FROM effects ORDER BY number";
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            if (TrackedMessage.TryParse(row.GetString(1), out var message))
            {
                recorder.History.Handled(recorder.At(row.GetInt64(0)), seat.Party, message);
                effects.Add(message);
            }
        }

        return effects;
    }

    /// <summary>
    /// Adds every entry of the mailboxes, and says which of them a device has still before it: beyond its cursor, and without an effect. (A last confirmation that was
    /// lost leaves the cursor behind, and nothing undone.)
    /// </summary>
    public static async Task ReadDiskAsync(IMailboxStore store, IReadOnlyDictionary<Party, HashSet<TrackedMessage>> effects, Recorder recorder)
    {
        foreach (var (user, parties) in effects.GroupBy(pair => pair.Key.User).Select(group => (group.Key, group.ToList())))
        {
            var cursors = (await store.DevicesAsync(user, CancellationToken.None)).ToDictionary(device => device.Device, device => device.Cursor);
            var after = Sequence.None;
            while (await store.ReadAsync(user, after, PageEntries, PageBytes, CancellationToken.None) is { Entries.Count: > 0 } page)
            {
                foreach (var entry in page.Entries)
                {
                    if (!TrackedMessage.TryParse(entry.Body.Text, out var message))
                    {
                        continue;
                    }

                    recorder.History.Kept(TimeSpan.MinValue, message);
                    if (parties.Exists(pair => entry.Sequence > cursors.GetValueOrDefault(pair.Key.Device) && !pair.Value.Contains(message)))
                    {
                        recorder.History.Waiting(recorder.Now, message);
                    }
                }

                after = page.Entries[^1].Sequence;
            }
        }

        recorder.History.HasDiskWitness = true;
    }
}
