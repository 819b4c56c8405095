using Hexagram.Protocol;
using Hexagram.Server.Cluster;
using Hexagram.Server.Gateway;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Telemetry;
using Hexagram.Storage;

namespace Hexagram.Server.Sending;

/// <inheritdoc cref="IHexagram"/>
/// <remarks>
/// What the store has under way counts against the same bound as the requests of sessions. What finds no room there waits in the order of the calls, and with it
/// all that come after it; its caller waits with it, which is what bounds how much that is.
/// </remarks>
internal sealed class DirectSender(IMailboxStore store, UserRoutes routes, RequestBudget budget, SessionRegistry sessions, ServerOptions options, ServerClock clock, ServerMeter meter, OtherNodes? others = null) : IHexagram, IStoredListener
{
    private readonly Lock _gate = new();
    private readonly Queue<Turn> _waiting = new();
    private bool _admitting;

    public MessageId NewId() => MessageId.New(clock.Time.GetUtcNow());

    public ValueTask<SendResult> SendAsync(UserId from, UserId to, Body body, MessageId? id, CancellationToken cancellationToken)
    {
        if (from == default || to == default)
        {
            throw new ArgumentException("Sender and recipient must both be set.");
        }

        var request = new MessageRequest(id ?? NewId(), to, body);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<SendResult>(cancellationToken)
            : SendAsync(from, request, cancellationToken);
    }

    public async ValueTask<MessageStatus> StatusAsync(UserId from, UserId to, MessageId id, CancellationToken cancellationToken) =>
        (await store.StatusAsync(to, from, [id], cancellationToken).ConfigureAwait(false))[0];

    public async ValueTask<int> EndSessionsAsync(UserId user, DeviceId? device, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var here = sessions.SignOut(user, device);
        return others is null ? here : here + await others.SignOutAsync(user, device).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Nobody was there to receive them. The answer has been given by then; their status says the rest.</summary>
    public void Stored(UserId by, IReadOnlyList<MessageId> ids) => meter.Stored(ids.Count);

    /// <summary>Up to the first wait this runs in the caller's call, which is what keeps the order.</summary>
    private async ValueTask<SendResult> SendAsync(UserId from, MessageRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (request.Body.Content.Length > options.Bounds.BodyBytesMax && await RefusalOfTooLargeAsync(from, request).ConfigureAwait(false) is { } refused)
            {
                return refused;
            }

            var deciding = WaitForTurn(from, request, cancellationToken) is { } turn
                ? await turn.WhenTakenAsync().ConfigureAwait(false)
                : AppendAsync(from, request);
            return Settle(from, request, await deciding.ConfigureAwait(false));
        }
        catch (StoreUnavailableException)
        {
            return new SendResult(request.Id, SendOutcome.Unknown, ErrorCode.StoreUnavailable, default, false, options.Times.RetryAfter);
        }
    }

    /// <summary>Null when room was found at once.</summary>
    private Turn? WaitForTurn(UserId from, MessageRequest request, CancellationToken cancellationToken)
    {
        Turn turn;
        lock (_gate)
        {
            if (!_admitting && budget.TryTake(RequestBudget.BytesOf(request)))
            {
                return null;
            }

            turn = new Turn(from, request, cancellationToken);
            _waiting.Enqueue(turn);
            if (_admitting)
            {
                return turn;
            }

            _admitting = true;
        }

        _ = AdmitAsync();
        return turn;
    }

    /// <summary>Hands over what waits, one after the other, as room is found.</summary>
    private async Task AdmitAsync()
    {
        while (TryNext(out var turn))
        {
            try
            {
                await budget.TakeAsync(RequestBudget.BytesOf(turn.Request), turn.GivenUp).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                turn.GiveUp();
                continue;
            }

            if (turn.TryTake())
            {
                turn.Deciding.SetResult(AppendAsync(turn.From, turn.Request));
            }
            else
            {
                budget.Return(RequestBudget.BytesOf(turn.Request));
            }
        }
    }

    private bool TryNext(out Turn turn)
    {
        lock (_gate)
        {
            return _admitting = _waiting.TryDequeue(out turn!);
        }
    }

    /// <summary>In a lane of its own: a caller that goes away without sending again must not hold up all others.</summary>
    private async Task<AppendResult> AppendAsync(UserId from, MessageRequest request)
    {
        try
        {
            return await store.AppendAsync(new AppendItem(request.To, from, request.Id, request.Body, new AppendLane())).ConfigureAwait(false);
        }
        finally
        {
            budget.Return(RequestBudget.BytesOf(request));
        }
    }

    private SendResult Settle(UserId from, MessageRequest request, in AppendResult result)
    {
        if (result.Outcome is AppendOutcome.Refused or AppendOutcome.RetryLater)
        {
            if (result.Outcome == AppendOutcome.Refused)
            {
                return Refusal(request, result.Code);
            }

            meter.NotAccepted(result.Code);
            return new SendResult(request.Id, SendOutcome.RetryLater, result.Code, default, false, options.Times.RetryAfter);
        }

        var duplicate = result.Outcome == AppendOutcome.Duplicate;
        meter.Accepted(duplicate, request.Body.Content.Length);
        if (!result.Delivered)
        {
            var entry = new Entry(result.Sequence, request.Id, from, result.AcceptedAt, request.Body);
            routes.Arrived(request.To, [new EntryHint(entry, duplicate)], this);
        }

        return new SendResult(request.Id, duplicate ? SendOutcome.Duplicate : SendOutcome.Accepted, ErrorCode.None, result.AcceptedAt, result.Delivered, TimeSpan.Zero);
    }

    /// <summary>Null when it was accepted once, under another limit: of that no refusal may say that it was not (PROTOCOL §6).</summary>
    private async ValueTask<SendResult?> RefusalOfTooLargeAsync(UserId from, MessageRequest request)
    {
        var status = await StatusAsync(from, request.To, request.Id, CancellationToken.None).ConfigureAwait(false);
        return request.Body.Content.Length <= AppendItem.BodyBytesMax && status.State >= MessageState.Accepted ? null
            : Refusal(request, status.Forgotten ? ErrorCode.Expired : ErrorCode.BodyTooLarge);
    }

    private SendResult Refusal(MessageRequest request, ErrorCode code)
    {
        meter.NotAccepted(code);
        return new SendResult(request.Id, SendOutcome.Refused, code, default, false, TimeSpan.Zero);
    }

    /// <summary>A message that waits for its turn, and what its caller waits for: that it is taken, or that the caller gives up. The first of the two counts.</summary>
    private sealed class Turn(UserId from, MessageRequest request, CancellationToken givenUp)
    {
        private int _settled;

        public UserId From => from;

        public MessageRequest Request => request;

        public CancellationToken GivenUp => givenUp;

        public TaskCompletionSource<Task<AppendResult>> Deciding { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>False when the caller has given up.</summary>
        public bool TryTake() => Interlocked.Exchange(ref _settled, 1) == 0;

        public void GiveUp()
        {
            if (TryTake())
            {
                Deciding.SetCanceled(givenUp);
            }
        }

        public async Task<Task<AppendResult>> WhenTakenAsync()
        {
            await using var registration = givenUp.UnsafeRegister(static turn => ((Turn)turn!).GiveUp(), this);
            return await Deciding.Task.ConfigureAwait(false);
        }
    }
}
