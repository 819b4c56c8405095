namespace Hexagram.Simulation.Engine;

/// <summary>Plausible mistakes, built in on purpose: a simulation that does not find them proves nothing.</summary>
internal enum Canary
{
    None,

    /// <summary>The recipient sends ack:R before its commit.</summary>
    ConfirmBeforeCommit,

    /// <summary>The server looks for a duplicate when a request comes, not when it commits.</summary>
    DeduplicateOutsideCommit,

    /// <summary>The server says msg:A before the sync that makes it true.</summary>
    AcceptedBeforeSync,

    /// <summary>The server notifies an entry before the sync that makes it true.</summary>
    VisibleBeforeSync,

    /// <summary>The sender makes a new id when it resends.</summary>
    IdRemadeOnResend,

    /// <summary>The server reads where the mailbox ends before it registers for live entries, and never compares.</summary>
    BacklogBeforeLive,

    /// <summary>The server brings the newest entry before the backlog, and the recipient takes what comes.</summary>
    LiveBeforeBacklog,

    /// <summary>Where a hint was lost the server goes on with the next, and the recipient's cursor moves over the hole.</summary>
    CursorSkipsHole,

    /// <summary>After a retry-later answer the server lets the next message to the same recipient pass.</summary>
    RetryLaterOvertaken,

    /// <summary>Of two connections of one device the server keeps the older.</summary>
    OlderConnectionWins,

    /// <summary>What lies before the start of a device that began at the end counts as confirmed by it.</summary>
    StartCountedAsConfirmed,

    /// <summary>After a restore the recipient goes on from its old cursor.</summary>
    EpochIgnored,

    /// <summary>The recipient has no memory of ids beyond its cursor.</summary>
    SeenSetForgotten,

    /// <summary>The sender takes <i>stored</i> for <i>delivered</i>.</summary>
    StoredTakenForDelivered,

    /// <summary>The server forgets by time alone, confirmed or not.</summary>
    UnconfirmedForgotten,

    /// <summary>The server appends an id that is unknown, however old it is.</summary>
    ExpiredAppended,

    /// <summary>The sender does not save what is under way before it sends it, and makes its id anew after a restart.</summary>
    IdRemadeAfterRestart,
}
