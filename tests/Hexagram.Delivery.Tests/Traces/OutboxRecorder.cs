using System.Globalization;
using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests.Traces;

/// <summary>An outbox that writes down what it is told and what it answers, in the words of <c>protocol/vectors/README.md</c>.</summary>
internal sealed class OutboxRecorder
{
    private readonly Outbox _outbox = new(new OutboxOptions(), new Half());
    private readonly Dictionary<long, OutboxEntry> _entries = [];
    private readonly List<TraceStep> _steps = [];

    /// <summary>Monotonic time, in milliseconds.</summary>
    internal long Now { get; set; }

    internal IReadOnlyList<TraceStep> Steps => _steps;

    internal long? NextDeadline => _outbox.NextDeadline is { } at ? (long)at.TotalMilliseconds : null;

    private TimeSpan Time => TimeSpan.FromMilliseconds(Now);

    internal IReadOnlyList<OutboxEffect> Add(long number, UserId to, MessageState state = MessageState.Waiting, bool transmitted = false)
    {
        var entry = new OutboxEntry(number, Id(number), to, state, transmitted);
        _entries.Add(number, entry);
        return Record(
            $"add {number} {to} {Word(state)} {(entry.Transmitted ? "transmitted" : "new")}",
            () => _outbox.Add(entry, Time));
    }

    internal IReadOnlyList<OutboxEffect> Marked(IReadOnlyList<OutboxEntry> entries) =>
        Record($"marked {Numbers(entries.Select(entry => entry.Id))}", () => _outbox.Marked(entries, Time));

    internal IReadOnlyList<OutboxEffect> Connected(int requestsInFlightMax = 256) =>
        Record($"connected {requestsInFlightMax}", () => _outbox.Connected(requestsInFlightMax, Time));

    internal IReadOnlyList<OutboxEffect> Disconnected() => Record("disconnected", _outbox.Disconnected);

    internal IReadOnlyList<OutboxEffect> Acknowledged(MessageId id) => Record($"acknowledged {Number(id)}", () => _outbox.Acknowledged(id, Time));

    internal IReadOnlyList<OutboxEffect> Errored(MessageId id, ErrorCode code, int retryAfter = 0) =>
        Record($"errored {Number(id)} {(int)code} {retryAfter}", () => _outbox.Errored(id, code, "", TimeSpan.FromMilliseconds(retryAfter), Time));

    internal IReadOnlyList<OutboxEffect> Reported(IReadOnlyList<MessageId> ids, MessageState state) =>
        Record($"reported {Word(state)} {Numbers(ids)}", () => _outbox.Reported(ids, state, Time));

    internal IReadOnlyList<OutboxEffect> StatusReported(IReadOnlyList<MessageStatus> statuses) =>
        Record(
            $"status {string.Join(' ', statuses.Select(status => $"{Number(status.Id)}={(status.Forgotten ? "forgotten" : Word(status.State))}"))}",
            () => _outbox.StatusReported(statuses, Time));

    internal IReadOnlyList<OutboxEffect> Cancel(long number) => Record($"cancel {number}", () => _outbox.Cancel(Id(number)));

    internal IReadOnlyList<OutboxEffect> Advance() => Record("advance", () => _outbox.Advance(Time));

    internal static MessageId Id(long number) => MessageId.New(DateTimeOffset.UnixEpoch.AddYears(50), 1, (ulong)number << 8);

    private List<OutboxEffect> Record(string told, Action tell)
    {
        tell();
        var effects = new List<OutboxEffect>();
        while (_outbox.TryTakeEffect(out var effect))
        {
            effects.Add(effect);
        }

        _steps.Add(new TraceStep(Now, told, [.. effects.Select(Words)], NextDeadline));
        return effects;
    }

    private string Words(OutboxEffect effect) => effect switch
    {
        OutboxEffect.Transmit(var entry) => $"transmit {entry.Number}",
        OutboxEffect.MarkTransmitted(var entries) => $"mark {string.Join(' ', entries.Select(entry => entry.Number))}",
        OutboxEffect.AskStatus(var to, var ids) => $"ask {to} {Numbers(ids)}",
        OutboxEffect.StateRaised(var entry, var state) => $"raise {entry.Number} {Word(state)}",
        OutboxEffect.Delivered(var entry) => $"delivered {entry.Number}",
        OutboxEffect.Refused(var entry, var code, _) => $"refused {entry.Number} {(int)code}",
        OutboxEffect.LeftAtServer(var entry) => $"leave {entry.Number}",
        OutboxEffect.Reconnect => "reconnect",
        _ => throw new InvalidOperationException($"{effect} has no word."),
    };

    private long Number(MessageId id) => _entries.Values.Single(entry => entry.Id == id).Number;

    private string Numbers(IEnumerable<MessageId> ids) => string.Join(' ', ids.Select(id => Number(id).ToString(CultureInfo.InvariantCulture)));

#pragma warning disable CA1308 // The words of the protocol are in small letters.
    private static string Word(MessageState state) => state.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    /// <summary>Chance that is always the middle.</summary>
    private sealed class Half : Random
    {
        public override double NextDouble() => 0.5;
    }
}
