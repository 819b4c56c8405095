using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Connections;
using Npgsql;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>A device begins or resumes its stream; see <see cref="IMailboxStore.OpenDeviceAsync"/>.</summary>
internal sealed class OpenDeviceWork(DeviceHello hello) : WriteWork<DeviceOpening>(hello.Mailbox)
{
    private const string Call = """
        SELECT code, resume_after, reached, first_available, last, senders, ids, sequences
        FROM open_device($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    // How many separate runs of confirmed entries a mailbox may remember when a device that confirmed one of them is to go.
    private const int RangesMax = 64;

    internal override bool MakesMailbox => true;

    internal override NpgsqlBatchCommand Command(long now, PostgresStoreOptions options)
    {
        var command = new NpgsqlBatchCommand(Call);
        command.Add(hello.Mailbox.Value);
        command.Add(hello.Device.Value);
        command.Add(hello.Epoch.ToNumber());
        command.Add(hello.Cursor.Value);
        command.Add(hello.Start == StreamStart.Latest);
        command.Add(now);
        command.Add(options.Limits.DevicesPerUserMax);
        command.Add((long)options.Forgetting.DeviceUnseen.TotalMilliseconds);
        command.Add(RangesMax);
        command.Add(Confirmation.NewlyDeliveredMax);
        return command;
    }

    internal override async Task<Action> ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync();
        var code = (ErrorCode)reader.GetInt32(0);
        var position = new MailboxPosition(new Sequence(reader.GetInt64(3)), new Sequence(reader.GetInt64(4)));
        var opening = code == ErrorCode.None
            ? new DeviceOpening(code, new Sequence(reader.GetInt64(1)), new Sequence(reader.GetInt64(2)), position, reader.ReadDelivered(5))
            : new DeviceOpening(code, Sequence.None, Sequence.None, position, []);
        return () => Answer(opening);
    }
}
