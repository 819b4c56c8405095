namespace Hexagram.Checking;

/// <summary>What can be wrong with a history.</summary>
public enum Breach
{
    /// <summary>A message that was sent is nowhere any more.</summary>
    Lost,

    /// <summary>A message had its effect twice on one device.</summary>
    Doubled,

    /// <summary>A message of one sender had its effect after a later one.</summary>
    Reordered,

    /// <summary>Somebody was told something that was not so when it was told.</summary>
    Lie,

    /// <summary>A message still waits, or arrived too late, although all faults were over.</summary>
    Stuck,
}

/// <summary>One breach of a promise.</summary>
/// <param name="Breach">Which promise.</param>
/// <param name="At">When it showed.</param>
/// <param name="Message">With which message.</param>
/// <param name="What">What happened, in words.</param>
public sealed record Finding(Breach Breach, TimeSpan At, TrackedMessage Message, string What)
{
    /// <summary>The promise, the message, and what happened to it.</summary>
    public override string ToString() => $"{Breach}: {Message} {What}";
}

/// <summary>What <see cref="Checker"/> decided.</summary>
/// <param name="Findings">Every breach, in the order of the messages.</param>
/// <param name="Sent">Messages whose SendAsync returned.</param>
/// <param name="Delivered">Messages whose sender was told that they are delivered.</param>
/// <param name="Effects">Effects on all devices together.</param>
public sealed record Verdict(IReadOnlyList<Finding> Findings, long Sent, long Delivered, long Effects)
{
    /// <summary>Nothing was lost, doubled, reordered, untrue or stuck.</summary>
    public bool IsClean => Findings.Count == 0;

    /// <summary>How often one promise was broken.</summary>
    public int Count(Breach breach) => Findings.Count(finding => finding.Breach == breach);

    /// <summary>Such as <c>120 sent: lost 0, doubled 0, reordered 0, lies 0, stuck 0</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Sent} sent: lost {Count(Breach.Lost)}, doubled {Count(Breach.Doubled)}, reordered {Count(Breach.Reordered)}, ")
        + FormattableString.Invariant($"lies {Count(Breach.Lie)}, stuck {Count(Breach.Stuck)}");
}
