using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>
/// The call of <c>append</c>: puts items into arrays in which every recipient, sender, id and lane stands once, so that the function need not look for what belongs
/// together, and reads the answers.
/// </summary>
internal sealed class AppendStatement
{
    private const string Call = """
        SELECT outcomes, codes, sequences, accepted, delivered
        FROM append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        """;

    private readonly IReadOnlyList<AppendWork> _items;
    private readonly Numbering<string> _boxes = new();
    private readonly Numbering<string> _senders = new();
    private readonly Numbering<(int Box, int Sender)> _pairs = new();
    private readonly Numbering<(int Pair, Guid Id)> _keys = new();
    private readonly Numbering<(AppendLane Lane, int Box)> _lanes = new();
    private readonly List<(int Box, int Sender, int Pair, Guid Id, long MadeAt)> _keyParts = [];
    private readonly List<(Guid? Head, int Code)> _laneParts = [];
    private readonly int[] _itemKeys;
    private readonly int[] _itemLanes;

    internal AppendStatement(IReadOnlyList<AppendWork> items)
    {
        _items = items;
        _itemKeys = new int[items.Count];
        _itemLanes = new int[items.Count];
        for (var i = 0; i < items.Count; i++)
        {
            Add(i, items[i].Item);
        }
    }

    internal NpgsqlBatchCommand Command(long now, MailboxLimits limits, bool isFull)
    {
        var command = new NpgsqlBatchCommand(Call);
        command.Add(_boxes.Values.ToArray(), NpgsqlDbType.Text);
        command.Add(_senders.Values.ToArray(), NpgsqlDbType.Text);
        command.Add(_keyParts.ConvertAll(key => key.Box).ToArray(), NpgsqlDbType.Integer);
        command.Add(_keyParts.ConvertAll(key => key.Sender).ToArray(), NpgsqlDbType.Integer);
        command.Add(_keyParts.ConvertAll(key => key.Pair).ToArray(), NpgsqlDbType.Integer);
        command.Add(_keyParts.ConvertAll(key => key.Id).ToArray(), NpgsqlDbType.Uuid);
        command.Add(_keyParts.ConvertAll(key => key.MadeAt).ToArray(), NpgsqlDbType.Bigint);
        command.Add(_laneParts.ConvertAll(lane => lane.Head).ToArray(), NpgsqlDbType.Uuid);
        command.Add(_laneParts.ConvertAll(lane => lane.Code).ToArray(), NpgsqlDbType.Integer);
        command.Add(_itemKeys, NpgsqlDbType.Integer);
        command.Add(_itemLanes, NpgsqlDbType.Integer);
        command.Add(_items.Select(work => work.Fingerprint).ToArray(), NpgsqlDbType.Uuid);
        command.Add(_items.Select(work => work.Item.Body.ContentType).ToArray(), NpgsqlDbType.Text);
        command.Add(_items.Select(work => work.Item.Body.Content.ToArray()).ToArray(), NpgsqlDbType.Bytea);
        command.Add(now);
        command.Add((long)limits.ClockSkewMax.TotalMilliseconds);
        command.Add((long)limits.UnconfirmedMax);
        command.Add((long)limits.UnconfirmedPerSenderMax);
        command.Add(limits.NewMailboxesPerSenderPerDay);
        command.Add(isFull);
        return command;
    }

    /// <summary>Reads what became of each item.</summary>
    internal static async Task<AppendResult[]> ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync();
        var outcomes = reader.GetFieldValue<int[]>(0);
        var codes = reader.GetFieldValue<int[]>(1);
        var sequences = reader.GetFieldValue<long[]>(2);
        var accepted = reader.GetFieldValue<long[]>(3);
        var delivered = reader.GetFieldValue<bool[]>(4);
        var results = new AppendResult[outcomes.Length];
        for (var i = 0; i < results.Length; i++)
        {
            var code = (ErrorCode)codes[i];
            results[i] = outcomes[i] switch
            {
                0 => Stands(AppendOutcome.New),
                1 => Stands(AppendOutcome.Duplicate),
                2 => AppendResult.Refused(code),
                3 => AppendResult.RetryLater(code),
                var other => throw new InvalidDataException($"The database answered with outcome {other}, which this version does not know."),
            };

            AppendResult Stands(AppendOutcome outcome) =>
                new(outcome, ErrorCode.None, new Sequence(sequences[i]), DateTimeOffset.FromUnixTimeMilliseconds(accepted[i]), delivered[i]);
        }

        return results;
    }

    private void Add(int index, AppendItem item)
    {
        var box = _boxes.NumberOf(item.To.Value);
        var sender = _senders.NumberOf(item.From.Value);
        var pair = _pairs.NumberOf((box, sender));
        var id = item.Id.ToGuid();
        _itemKeys[index] = _keys.NumberOf((pair, id));
        if (_itemKeys[index] > _keyParts.Count)
        {
            _keyParts.Add((box, sender, pair, id, item.Id.MadeAt.ToUnixTimeMilliseconds()));
        }

        _itemLanes[index] = _lanes.NumberOf((item.Lane, box));
        if (_itemLanes[index] > _laneParts.Count)
        {
            lock (item.Lane)
            {
                var (head, code) = item.Lane.WaitsFor(item.To);
                _laneParts.Add((head?.ToGuid(), (int)code));
            }
        }
    }
}
