using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>A message to be appended.</summary>
/// <param name="To">Whose mailbox.</param>
/// <param name="From">The authenticated sender.</param>
/// <param name="Id">The sender's id.</param>
/// <param name="Body">The content.</param>
/// <param name="Lane">The session it came by, so that nothing of one session overtakes what was told to retry later.</param>
public sealed record AppendItem(UserId To, UserId From, MessageId Id, Body Body, AppendLane Lane);

/// <summary>
/// One session's order of appends. When an item is told to retry later, every later item of the same lane for the same
/// recipient gets the same answer until that id comes again (PROTOCOL §6). Only the store touches its content, and only
/// from where it decides batches, one at a time.
/// </summary>
public sealed class AppendLane
{
    /// <summary>How many recipients may be held back at a time; the next one's trouble holds back the whole lane.</summary>
    public const int HeldRecipientsMax = 1024;

    private readonly Dictionary<UserId, (MessageId Id, ErrorCode Code)> _held = [];
    private ErrorCode _whole;

    /// <summary>The code with which <paramref name="id"/> must be held back, or <see cref="ErrorCode.None"/> when it may be tried.</summary>
    public ErrorCode Holds(UserId to, MessageId id)
    {
        if (_held.Count == 0)
        {
            return ErrorCode.None;
        }

        return _held.TryGetValue(to, out var head)
            ? head.Id == id ? ErrorCode.None : head.Code
            : _whole;
    }

    /// <summary>Records that <paramref name="id"/> was told to retry later with <paramref name="code"/>.</summary>
    public void Hold(UserId to, MessageId id, ErrorCode code)
    {
        if (_held.Count >= HeldRecipientsMax && !_held.ContainsKey(to))
        {
            // Without room to remember one more, the safe answer is to let nothing of a new recipient pass: order before speed.
            _whole = code;
            return;
        }

        _held[to] = (id, code);
    }

    /// <summary>Records that the head of <paramref name="to"/> got a final answer.</summary>
    public void Release(UserId to)
    {
        if (_held.Count > 0 && _held.Remove(to))
        {
            _whole = ErrorCode.None;
        }
    }
}

/// <summary>What became of an <see cref="AppendItem"/>.</summary>
public enum AppendOutcome
{
    /// <summary>Appended by this call, durable.</summary>
    New,

    /// <summary>The same message stood there already, durable.</summary>
    Duplicate,

    /// <summary>Final for this id; <see cref="AppendResult.Code"/> says why.</summary>
    Refused,

    /// <summary>Not now; <see cref="AppendResult.Code"/> says why.</summary>
    RetryLater,
}

/// <summary>The store's answer to one item.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Code">Why, for <see cref="AppendOutcome.Refused"/> and <see cref="AppendOutcome.RetryLater"/>.</param>
/// <param name="Sequence">Its number, for <see cref="AppendOutcome.New"/> and <see cref="AppendOutcome.Duplicate"/>.</param>
/// <param name="AcceptedAt">When it was first accepted, for the same two.</param>
/// <param name="Delivered">Some device has confirmed it already; only ever for a duplicate.</param>
public readonly record struct AppendResult(
    AppendOutcome Outcome,
    ErrorCode Code,
    Sequence Sequence,
    DateTimeOffset AcceptedAt,
    bool Delivered)
{
    /// <summary>An item that was refused.</summary>
    public static AppendResult Refused(ErrorCode code) => new(AppendOutcome.Refused, code, default, default, false);

    /// <summary>An item that must be tried again later.</summary>
    public static AppendResult RetryLater(ErrorCode code) => new(AppendOutcome.RetryLater, code, default, default, false);
}
