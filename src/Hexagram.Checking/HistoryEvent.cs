using Hexagram.Protocol;

namespace Hexagram.Checking;

/// <summary>What one <see cref="HistoryEvent"/> says.</summary>
public enum HistoryEventKind : byte
{
    /// <summary>SendAsync is about to be called: from here on the message may arrive.</summary>
    Calling,

    /// <summary>SendAsync has returned: from here on the message may not be lost.</summary>
    Sent,

    /// <summary>The sender was told a <see cref="HistoryEvent.State"/>.</summary>
    Told,

    /// <summary>The sender was told that the message was cancelled or refused and will never arrive.</summary>
    CalledOff,

    /// <summary>The message may be missing in the end, for a reason that the guarantees name, such as a cancellation after its transmission.</summary>
    Excused,

    /// <summary>One device need not have the message: it began later, or was told of a gap.</summary>
    ExcusedAt,

    /// <summary>The server has the entry durably on its disk.</summary>
    Kept,

    /// <summary>A device's application has the effect of the message.</summary>
    Handled,

    /// <summary>The same once more, and marked as possibly handled before: what a handler without a transaction is promised.</summary>
    HandledMarked,

    /// <summary>At the end: it still waits, in an outbox or in a mailbox.</summary>
    Waiting,

    /// <summary>A device takes part from here on, or again after a crash. It is to have every message to its user.</summary>
    Started,

    /// <summary>A device that only sends takes part from here on, or again after a crash.</summary>
    StartedSendOnly,

    /// <summary>A device is gone for ever, with all that was on it.</summary>
    Burnt,

    /// <summary>A server was restored from an older backup.</summary>
    Restored,

    /// <summary>The last fault is over.</summary>
    FaultsEnded,
}

/// <summary>One thing that happened, in the order of <see cref="At"/>.</summary>
/// <param name="At">When, from any beginning; the same clock for all that a history records.</param>
/// <param name="Kind">What.</param>
/// <param name="Message">To which message, if to one.</param>
/// <param name="Party">At which device, if at one.</param>
/// <param name="State">For <see cref="HistoryEventKind.Told"/>: what the sender was told.</param>
public readonly record struct HistoryEvent(TimeSpan At, HistoryEventKind Kind, TrackedMessage? Message = null, Party? Party = null, MessageState State = MessageState.Waiting);
