using System.Diagnostics.CodeAnalysis;
using Hexagram.Protocol;
using Hexagram.Server.Authorization;
using Hexagram.Server.Gateway.Output;
using Hexagram.Storage;

namespace Hexagram.Server.Gateway.Lines;

/// <summary>
/// What can stand against a msg:R before the store is asked to append it: its size, the authorizer, and an earlier one to the same
/// recipient that was told to retry later here (PROTOCOL §6).
/// </summary>
/// <remarks>State is guarded by the session's lock unless said otherwise; requests are put to it one at a time, in the order of their arrival.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation without a timer holds nothing.")]
internal sealed class RequestAdmission(SessionSurroundings surroundings, SessionOutput output, UserId user, Session session)
{
    private static readonly Task<AuthorizationResult> Allowed = Task.FromResult(AuthorizationResult.Allowed);

    /// <summary>What was told to retry later before it came to the store. (What the store has told so is in a lane of its own.)</summary>
    private readonly AppendLane _held = new();

    /// <summary>The first that the store holds back of each recipient; its lane bounds how many.</summary>
    private readonly Dictionary<UserId, MessageId> _heldByStore = [];

    /// <summary>Ends the next question to the host. One that is answered at once leaves it unused, for the one after.</summary>
    private CancellationTokenSource _giveUp = new();

    /// <summary>Asks the host. A fault and a time-out count as unavailable. Belongs to the session's reader.</summary>
    public Task<AuthorizationResult> AuthorizeAsync(UserId to)
    {
        try
        {
            var giveUp = _giveUp;
            var answer = surroundings.Authorizer.AuthorizeAsync(new Correspondence(user, to, session.Open?.Principal), giveUp.Token);
            if (!answer.IsCompletedSuccessfully)
            {
                _giveUp = new();
                return AwaitAsync(answer.AsTask(), giveUp);
            }

            var result = answer.Result;
            return result == AuthorizationResult.Allowed ? Allowed : Task.FromResult(result);
        }
        catch (Exception fault)
        {
            session.AuthorizerFailed(fault);
            return Task.FromResult(AuthorizationResult.Unavailable);
        }
    }

    /// <summary>Whether nothing stands against it, as far as can be said at once. To be called inside the lock.</summary>
    public bool MayPass(MessageRequest request, Task<AuthorizationResult> authorizing)
    {
        if (authorizing != Allowed || IsTooLarge(request) || _held.Holds(request.To, request.Id) != ErrorCode.None)
        {
            return false;
        }

        _held.Release(request.To);
        return true;
    }

    /// <summary>An earlier request of the same client got this answer, which is all that is left of that (PROTOCOL §14.2). To be called inside the lock.</summary>
    public void Hold(Error held) => _held.Hold(held.To, held.Id, held.Code);

    /// <summary>
    /// The store holds back <paramref name="id"/>, and all behind it to the same recipient: one gate is enough, and two could wait for each
    /// other. To be called inside the lock.
    /// </summary>
    public void HeldByStore(UserId to, MessageId id)
    {
        _held.Release(to);
        _heldByStore.TryAdd(to, id);
    }

    /// <summary>The store has given <paramref name="id"/> a final answer. To be called inside the lock.</summary>
    public void DecidedByStore(UserId to, MessageId id)
    {
        if (_heldByStore.Count > 0 && _heldByStore.TryGetValue(to, out var held) && held == id)
        {
            _heldByStore.Remove(to);
        }
    }

    /// <summary>
    /// What stands against a msg:R, or none. The key is looked up first (PROTOCOL §6): a message that was accepted stays accepted, whatever the
    /// rules say by now.
    /// </summary>
    public async ValueTask<ErrorCode> ObjectionAsync(MessageRequest request, Task<AuthorizationResult> authorizing)
    {
        var (to, id) = (request.To, request.Id);
        var authorization = await authorizing.ConfigureAwait(false);
        ErrorCode held;
        ErrorCode code;
        using (output.Enter())
        {
            held = _held.Holds(to, id);
            code = IsTooLarge(request) ? ErrorCode.BodyTooLarge : authorization switch
            {
                AuthorizationResult.Allowed => held,
                AuthorizationResult.Forbidden => ErrorCode.Forbidden,
                _ => ErrorCode.AuthorizerUnavailable,
            };
            if (code == ErrorCode.None)
            {
                _held.Release(to);
                return ErrorCode.None;
            }
        }

        // The store may go to its disk; the thread that brings news of many sockets must not.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var status = (await surroundings.Store.StatusAsync(to, user, [id], CancellationToken.None).ConfigureAwait(false))[0];
        if (status.State >= MessageState.Accepted)
        {
            // The store will find the duplicate, or another body under the same id; it cannot append.
            return ErrorCode.None;
        }

        using (output.Enter())
        {
            code = status.Forgotten ? ErrorCode.Expired : code;
            if (held != ErrorCode.None)
            {
                return code;
            }

            if (code.Remedy() == ErrorRemedy.RetryLater)
            {
                return _heldByStore.ContainsKey(to) ? code : _held.Hold(to, id, code);
            }

            _held.Release(to);
            return code;
        }
    }

    private async Task<AuthorizationResult> AwaitAsync(Task<AuthorizationResult> answer, CancellationTokenSource giveUp)
    {
        try
        {
            return await answer.WaitAsync(surroundings.Options.Access.AuthorizerTimeout, surroundings.Time, session.Gone).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            if (!session.Gone.IsCancellationRequested)
            {
                session.AuthorizerFailed(fault);
            }

            _ = EndAsync(giveUp);
            return AuthorizationResult.Unavailable;
        }
    }

    /// <summary>Nobody waits for this answer any more: the host is told, so that questions do not pile up there. What it makes of that is waited for by nobody either.</summary>
    private async Task EndAsync(CancellationTokenSource giveUp)
    {
        try
        {
            await giveUp.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            session.AuthorizerFailed(fault);
        }
    }

    private bool IsTooLarge(MessageRequest request) => request.Body.Content.Length > surroundings.Options.Bounds.BodyBytesMax;
}
