using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>A device has confirmed; see <see cref="IMailboxStore.ConfirmAsync"/>.</summary>
internal sealed class ConfirmWork(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo) : WriteWork<Confirmation>(mailbox)
{
    internal override bool MustBeDurable => false;

    internal DeviceId Device => device;

    internal Epoch Epoch => epoch;

    internal Sequence UpTo => upTo;
}

/// <summary>The call of <c>confirm</c>, for many at once.</summary>
internal static class ConfirmStatement
{
    private const string Call = "SELECT known, reached, senders, ids, sequences FROM confirm($1, $2, $3, $4, $5, $6)";

    internal static NpgsqlBatchCommand Command(List<ConfirmWork> works, long now)
    {
        var command = new NpgsqlBatchCommand(Call);
        command.Add(works.ConvertAll(work => work.Mailbox.Value).ToArray(), NpgsqlDbType.Text);
        command.Add(works.ConvertAll(work => work.Device.Value).ToArray(), NpgsqlDbType.Text);
        command.Add(works.ConvertAll(work => work.Epoch.ToNumber()).ToArray(), NpgsqlDbType.Bigint);
        command.Add(works.ConvertAll(work => work.UpTo.Value).ToArray(), NpgsqlDbType.Bigint);
        command.Add(now);
        command.Add(Confirmation.NewlyDeliveredMax);
        return command;
    }

    internal static async Task<List<Confirmation>> ReadAsync(NpgsqlDataReader reader)
    {
        var confirmations = new List<Confirmation>();
        while (await reader.ReadAsync())
        {
            confirmations.Add(reader.GetBoolean(0)
                ? new Confirmation(new Sequence(reader.GetInt64(1)), reader.ReadDelivered(2))
                : new Confirmation(Sequence.None, []) { IsDeviceKnown = false });
        }

        return confirmations;
    }

    /// <summary>Three columns side by side: senders, ids, sequences.</summary>
    internal static IReadOnlyList<DeliveredMessage> ReadDelivered(this NpgsqlDataReader reader, int column)
    {
        if (reader.IsDBNull(column))
        {
            return [];
        }

        var senders = reader.GetFieldValue<string[]>(column);
        var ids = reader.GetFieldValue<Guid[]>(column + 1);
        var sequences = reader.GetFieldValue<long[]>(column + 2);
        return [.. senders.Select((sender, i) => new DeliveredMessage(new UserId(sender), ids[i].ToMessageId(), new Sequence(sequences[i])))];
    }
}
