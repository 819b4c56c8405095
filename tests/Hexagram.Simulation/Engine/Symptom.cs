using Hexagram.Checking;

namespace Hexagram.Simulation.Engine;

/// <summary>What shows that a schedule fell to a mistake, and not to something beside it.</summary>
/// <param name="Breach">The promise that the mistake breaks; null for what no promise forbids and nobody should see.</param>
/// <param name="Words">What stands in the finding.</param>
internal sealed record Symptom(Breach? Breach, string Words)
{
    private const string Untrue = "was called delivered before any device of its recipient had it";

    internal static Symptom Of(Canary canary) => canary switch
    {
        Canary.ConfirmBeforeCommit => new(Hexagram.Checking.Breach.Lie, Untrue),
        Canary.DeduplicateOutsideCommit => new(Hexagram.Checking.Breach.Doubled, "once more"),
        Canary.AcceptedBeforeSync => new(Hexagram.Checking.Breach.Lie, "is not on the server's disk"),
        // The recipient has confirmed what the store, after its failure, never had.
        Canary.VisibleBeforeSync => new(null, "was told CursorAhead"),
        Canary.IdRemadeOnResend => new(Hexagram.Checking.Breach.Doubled, "once more"),
        Canary.BacklogBeforeLive => new(Hexagram.Checking.Breach.Lost, "never reached"),
        Canary.LiveBeforeBacklog => new(Hexagram.Checking.Breach.Lost, "never reached"),
        Canary.CursorSkipsHole => new(Hexagram.Checking.Breach.Lost, "never reached"),
        Canary.RetryLaterOvertaken => new(Hexagram.Checking.Breach.Reordered, "after #"),
        Canary.OlderConnectionWins => new(null, "was told Superseded"),
        Canary.StartCountedAsConfirmed => new(Hexagram.Checking.Breach.Lie, Untrue),
        Canary.EpochIgnored => new(Hexagram.Checking.Breach.Lost, "never reached"),
        Canary.SeenSetForgotten => new(Hexagram.Checking.Breach.Doubled, "once more"),
        Canary.StoredTakenForDelivered => new(Hexagram.Checking.Breach.Lie, Untrue),
        Canary.UnconfirmedForgotten => new(Hexagram.Checking.Breach.Lie, Untrue),
        Canary.ExpiredAppended => new(Hexagram.Checking.Breach.Doubled, "once more"),
        Canary.IdRemadeAfterRestart => new(Hexagram.Checking.Breach.Doubled, "once more"),
        _ => throw new ArgumentOutOfRangeException(nameof(canary), canary, "It has no symptom."),
    };

    /// <summary>The first finding or oddity that is this one; null when there is none.</summary>
    internal string? In(Judgement judgement) => Breach is { } breach
        ? judgement.Verdict.Findings.FirstOrDefault(finding => finding.Breach == breach && finding.What.Contains(Words, StringComparison.Ordinal))?.ToString()
        : judgement.Oddities.FirstOrDefault(oddity => oddity.Contains(Words, StringComparison.Ordinal));
}
