using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests.Traces;

/// <summary>An inbox that writes down what it is told and what it answers. The process around it may die; then it begins again where it was saved.</summary>
internal sealed class InboxRecorder
{
    private readonly List<TraceStep> _steps = [];
    private Inbox _inbox = new(Epoch.None, Sequence.None);

    internal InboxRecorder() => Open(Epoch.None, Sequence.None);

    internal IReadOnlyList<TraceStep> Steps => _steps;

    internal Epoch Epoch => _inbox.Epoch;

    internal Sequence Cursor => _inbox.Cursor;

    /// <summary>From what is on the disk.</summary>
    internal void Open(Epoch epoch, Sequence cursor)
    {
        _inbox = new Inbox(epoch, cursor);
        Record($"open {epoch.Value} {cursor.Value}", []);
    }

    internal WelcomeStep Welcomed(Epoch epoch, Sequence resumeAfter)
    {
        var step = _inbox.Welcomed(epoch, resumeAfter);
        List<string> words = [];
        if (step.Adopt is { } position)
        {
            words.Add($"adopt {position.Epoch.Value} {position.Cursor.Value}");
        }

        if (step.Gap is { } gap)
        {
            words.Add($"gap {gap.From.Value} {gap.To.Value}");
        }

        Record($"welcomed {epoch.Value} {resumeAfter.Value}", words);
        return step;
    }

    internal InboxDecision Notified(Sequence sequence)
    {
        var decision = _inbox.Notified(sequence);
        Record($"notified {sequence.Value}", [decision switch
        {
            InboxDecision.Take => "take",
            InboxDecision.Drop => "drop",
            InboxDecision.ConfirmAgain => "confirm again",
            _ => "reconnect",
        }]);
        return decision;
    }

    internal AckRequest? Committed(Epoch epoch, Sequence upTo)
    {
        var confirmation = _inbox.Committed(epoch, upTo);
        Record($"committed {epoch.Value} {upTo.Value}", confirmation is null ? [] : [$"confirm {confirmation.UpTo.Value}"]);
        return confirmation;
    }

    private void Record(string told, IReadOnlyList<string> answered) => _steps.Add(new TraceStep(0, told, answered, null));
}
