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

    /// <summary>The sender makes a new id when it resends.</summary>
    IdRemadeOnResend,

    /// <summary>The server reads where the mailbox ends before it registers for live entries, and never compares.</summary>
    BacklogBeforeLive,

    /// <summary>After a retry-later answer the server lets the next message to the same recipient pass.</summary>
    RetryLaterOvertaken,

    /// <summary>After a restore the recipient goes on from its old cursor.</summary>
    EpochIgnored,

    /// <summary>The recipient has no memory of ids beyond its cursor.</summary>
    SeenSetForgotten,
}
