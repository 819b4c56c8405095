using System.Security.Cryptography;
using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Connections;
using Npgsql;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>A new history begins here; see <see cref="IMailboxStore.BeginEpochAsync"/>.</summary>
/// <param name="begun">Told of the epoch before the asker is.</param>
internal sealed class BeginEpochWork(Action<NumberedEpoch> begun) : WriteWork<Epoch>(default)
{
    internal override NpgsqlBatchCommand Command(long now, PostgresStoreOptions options)
    {
        var command = new NpgsqlBatchCommand("SELECT ordinal, epoch FROM begin_epoch($1, $2)");
        command.Add(NewEpoch().ToNumber());
        command.Add(now);
        return command;
    }

    internal override async Task<Action> ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync();
        var epoch = new NumberedEpoch(reader.GetInt32(0), reader.GetInt64(1).ToEpoch());
        return () =>
        {
            begun(epoch);
            Answer(epoch.Epoch);
        };
    }

    /// <summary>Random, not counted: two restores from one backup must not stamp the same.</summary>
    internal static Epoch NewEpoch()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        Epoch epoch;
        do
        {
            RandomNumberGenerator.Fill(random);
            epoch = new Epoch(BitConverter.ToUInt64(random));
        }
        while (epoch == Epoch.None);

        return epoch;
    }
}

/// <summary>An epoch and how many came before it.</summary>
internal readonly record struct NumberedEpoch(int Ordinal, Epoch Epoch);
