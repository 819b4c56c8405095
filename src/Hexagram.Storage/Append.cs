using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>A message to be appended.</summary>
/// <param name="To">Whose mailbox.</param>
/// <param name="From">The authenticated sender.</param>
/// <param name="Id">The sender's id.</param>
/// <param name="Body">The content, at most <see cref="BodyBytesMax"/>.</param>
/// <param name="Lane">The session it came by, so that nothing of one session overtakes what was told to retry later.</param>
public sealed record AppendItem(UserId To, UserId From, MessageId Id, Body Body, AppendLane Lane)
{
    /// <summary>The largest body that a store takes, in bytes: 16 MiB. What a server accepts is its own, lower limit.</summary>
    public const int BodyBytesMax = 16 << 20;

    /// <summary>
    /// Whoever asks never waits for anything when it has its answer: a store that has few answers to give may then continue it on the thread that it needs itself,
    /// which spares a wake-up. By default the answer is continued elsewhere.
    /// </summary>
    public bool ContinuesInline { get; init; }

    /// <summary>
    /// Throws unless every part is set and the body is not too large: an item that could not be read back must not come into a log.
    /// </summary>
    /// <exception cref="ArgumentException">The item cannot be appended by any store; this is a defect of the caller.</exception>
    public void ThrowIfUnusable()
    {
        if (To == default || From == default || Id == default || Lane is null)
        {
            throw new ArgumentException("Recipient, sender, id and lane of an item to be appended must all be set.");
        }

        if (Body.Content.Length > BodyBytesMax)
        {
            throw new ArgumentException($"A body of {Body.Content.Length} bytes was to be appended; {BodyBytesMax} are the most.");
        }
    }
}

/// <summary>
/// One session's order of appends. When an item is told to retry later, every later item of the same lane for the same
/// recipient gets the same answer until that id comes again (PROTOCOL §6). Only the store touches its content, and only
/// from where it decides batches, one at a time.
/// </summary>
public sealed class AppendLane
{
    /// <summary>
    /// How many recipients may be held back at a time. Beyond, the lane is at its end: it has no room to remember whom else it must hold
    /// back, so every recipient that is not among these is told <see cref="ErrorCode.Resynchronize"/>, for which the gateway ends the connection.
    /// </summary>
    public const int HeldRecipientsMax = 1024;

    private readonly Dictionary<UserId, (MessageId Id, ErrorCode Code)> _held = [];
    private bool _ended;

    /// <summary>The code with which <paramref name="id"/> must be held back, or <see cref="ErrorCode.None"/> when it may be tried.</summary>
    public ErrorCode Holds(UserId to, MessageId id)
    {
        if (_held.Count > 0 && _held.TryGetValue(to, out var head))
        {
            return head.Id == id ? ErrorCode.None : head.Code;
        }

        return _ended ? ErrorCode.Resynchronize : ErrorCode.None;
    }

    /// <summary>
    /// Records that <paramref name="id"/> must be tried again later because of <paramref name="code"/>, and returns the code to tell:
    /// the same, or <see cref="ErrorCode.Resynchronize"/> when there is no room to remember it.
    /// </summary>
    public ErrorCode Hold(UserId to, MessageId id, ErrorCode code)
    {
        if (_held.Count >= HeldRecipientsMax && !_held.ContainsKey(to))
        {
            // Not to remember this one and go on would let the next message to the same recipient overtake it.
            _ended = true;
            return ErrorCode.Resynchronize;
        }

        _held[to] = (id, code);
        return code;
    }

    /// <summary>The id that <paramref name="to"/> waits for, and the code to tell until then; <see cref="ErrorCode.None"/> when nothing is held back.</summary>
    public (MessageId? Head, ErrorCode Code) WaitsFor(UserId to) => _held.TryGetValue(to, out var head) ? head
        : _ended ? (null, ErrorCode.Resynchronize)
        : (null, ErrorCode.None);

    /// <summary>Records that the head of <paramref name="to"/> got a final answer.</summary>
    public void Release(UserId to)
    {
        if (_held.Count > 0)
        {
            _held.Remove(to);
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
