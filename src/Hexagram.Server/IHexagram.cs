using Hexagram.Protocol;

namespace Hexagram.Server;

/// <summary>
/// Sends from the server's own code, to whoever is to be told something: straight to the store and on to the recipient's sessions. Taken from the application's
/// services. Thread-safe.
/// </summary>
/// <remarks>
/// The guarantees are those of a session, with one difference: there is no outbox behind it. What is not accepted when the call returns waits nowhere, and
/// whoever must not lose it keeps its id, and sends it again with the same.
/// </remarks>
public interface IHexagram
{
    /// <summary>A new id, on the server's clock. Kept with what is to be told, it makes sending that again safe, also after a restart.</summary>
    MessageId NewId();

    /// <summary>
    /// Sends a message. When the answer is that it is accepted, it is on disk. Calls for the same sender and recipient are decided in the order in which
    /// they were made, awaited or not; one that is told to retry later holds back none that follow.
    /// </summary>
    /// <remarks>
    /// The bounds of bodies and mailboxes hold as for everybody. The authorizer is not asked: this is the host's own code, which has decided to send.
    /// </remarks>
    /// <param name="from">In whose name. Nobody need exist by it; de-duplication and quotas go by it.</param>
    /// <param name="to">To whom.</param>
    /// <param name="body">Text or bytes, at most <see cref="Options.SessionBounds.BodyBytesMax"/>.</param>
    /// <param name="id">The message's id; a new one by default. The same id with the same body has one effect, however often it is sent.</param>
    /// <param name="cancellationToken">Gives up while the message waits for its turn. Once the store has it, it is decided, and its answer is waited for.</param>
    /// <returns>What became of it. That the store could not answer is among the outcomes: then nothing is known, and the same id settles it.</returns>
    /// <exception cref="OperationCanceledException">It was given up before the store had it.</exception>
    ValueTask<SendResult> SendAsync(UserId from, UserId to, Body body, MessageId? id = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SendAsync(UserId, UserId, Body, MessageId?, CancellationToken)"/>
    /// <exception cref="ArgumentException">A text cannot be a user id; the message says why.</exception>
    ValueTask<SendResult> SendAsync(string from, string to, Body body, MessageId? id = null, CancellationToken cancellationToken = default) =>
        SendAsync(new UserId(from), new UserId(to), body, id, cancellationToken);

    /// <summary>
    /// Ends the sessions that a user has open, with <i>authenticate</i>: a client of the SDK asks its application for a new token, or is told to sign in. For the
    /// moment when the application has taken a right away: a sign-out, a lock, a device that was lost. The application sees to it first that what the user signs
    /// in with is not valid any more; whoever still has a valid token or cookie comes back with it.
    /// </summary>
    /// <remarks>
    /// When it completes, the sessions have been told, and nothing more is brought to them; a packet that has just arrived from one may still be answered. Nothing is
    /// lost: messages wait in the mailbox and in the clients' outboxes.
    /// </remarks>
    /// <param name="user">Whose.</param>
    /// <param name="device">The sessions of this device alone; by default, those of all.</param>
    /// <param name="cancellationToken">Gives up while the sessions are looked for.</param>
    /// <returns>How many sessions have ended by this.</returns>
    ValueTask<int> EndSessionsAsync(UserId user, DeviceId? device = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="EndSessionsAsync(UserId, DeviceId?, CancellationToken)"/>
    /// <exception cref="ArgumentException">A text cannot be a user or device id; the message says why.</exception>
    ValueTask<int> EndSessionsAsync(string user, string? device = null, CancellationToken cancellationToken = default) =>
        EndSessionsAsync(new UserId(user), device is null ? null : new DeviceId(device), cancellationToken);

    /// <summary>Where a message stands, by the store: waiting (it is not there), accepted, or delivered (a device of the recipient has committed it).</summary>
    /// <exception cref="Storage.StoreUnavailableException">The store cannot be read.</exception>
    ValueTask<MessageStatus> StatusAsync(UserId from, UserId to, MessageId id, CancellationToken cancellationToken = default);
}
