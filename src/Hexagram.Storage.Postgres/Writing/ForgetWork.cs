using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Connections;
using Npgsql;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>Forgets a bounded piece of one mailbox; see <see cref="IMailboxStore.ForgetAsync"/>.</summary>
/// <param name="mailbox">Which.</param>
/// <param name="asOf">The moment that ages are counted from, in milliseconds since the Unix epoch.</param>
internal sealed class ForgetWork(UserId mailbox, long asOf) : WriteWork<ForgetReport>(mailbox)
{
    /// <summary>What one batch may spend on forgetting in one mailbox: some milliseconds, so that appends hardly notice.</summary>
    internal const int EntriesMax = 256;

    // Undone by the death of the database it is done again.
    internal override bool MustBeDurable => false;

    internal override NpgsqlBatchCommand Command(long now, PostgresStoreOptions options)
    {
        var command = new NpgsqlBatchCommand("SELECT entries_gone, ids_gone FROM forget($1, $2, $3, $4, $5)");
        command.Add(Mailbox.Value);
        command.Add(asOf - (long)options.Forgetting.Retention.TotalMilliseconds);
        command.Add(asOf - (long)options.Forgetting.Horizon.TotalMilliseconds);
        command.Add(asOf - (long)options.Forgetting.DeviceUnseen.TotalMilliseconds);
        command.Add(EntriesMax);
        return command;
    }

    internal override async Task<Action> ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync();
        var report = new ForgetReport(reader.GetInt64(0), reader.GetInt64(1));
        return () => Answer(report);
    }
}
