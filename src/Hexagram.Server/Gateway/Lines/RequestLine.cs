using System.Runtime.InteropServices;
using Hexagram.Protocol;
using Hexagram.Server.Authorization;
using Hexagram.Server.Gateway.Output;
using Hexagram.Server.Router;
using Hexagram.Server.Telemetry;
using Hexagram.Storage;

namespace Hexagram.Server.Gateway.Lines;

/// <summary>
/// The msg:R of one session, from their arrival to their answers (PROTOCOL §5, §6). They reach the store in the order of
/// their arrival, and msg:A is written only when the store has said that the message is durable; then the router hears of it.
/// </summary>
/// <remarks>
/// <see cref="TryTake"/> and <see cref="TakeInTurnAsync"/> belong to the session's reader. Two loops run when there is something for them: one waits for the authorizer, the
/// other for the store. State is guarded by the session's lock.
/// </remarks>
internal sealed class RequestLine(SessionSurroundings surroundings, SessionOutput output, UserId user, Session session)
{
    private readonly RequestAdmission _admission = new(surroundings, output, user, session);
    private readonly Queue<Arrival> _arrivals = new();
    private readonly Queue<Decision> _decisions = new();
    private readonly Dictionary<MessageId, int> _unanswered = [];
    private readonly List<AckNotify> _reportsHeldBack = [];

    // What became durable and is to be passed on, and to whom each. Between two writes only.
    private readonly List<EntryHint> _hints = [];
    private readonly List<UserId> _recipients = [];

    /// <summary>The store's memory of what it has told to retry later; the store alone touches its content.</summary>
    private readonly AppendLane _lane = new();

    private readonly AcceptTraces _traces = new();

    private int _inFlight;
    private long _bodyBytesInFlight;
    private long _bytesAtWork;
    private bool _admitting;
    private bool _answering;

    /// <summary>What became of one is not known. Whatever were decided after it could overtake it, so nothing is.</summary>
    private bool _faulted;
    private bool _lostSight;
    private TaskCompletionSource? _idle;

    /// <summary>A msg:R whose turn to be decided has not come.</summary>
    private readonly record struct Arrival(MessageRequest Request, Task<AuthorizationResult> Authorization);

    /// <summary>A msg:R whose answer is known, or will be when the store has it on disk.</summary>
    private readonly record struct Decision(MessageRequest Request, ValueTask<AppendResult> Append, bool IsOurs);

    /// <summary>Whether another msg:R may be taken. One body always fits.</summary>
    public bool HasRoom =>
        _inFlight < surroundings.Options.Bounds.RequestsInFlightMax
        && (_inFlight == 0 || _bodyBytesInFlight < surroundings.Options.Bounds.RequestBytesInFlightMax);

    /// <summary>These were told to retry later by an earlier request of the same client. To be called inside the lock.</summary>
    public void Hold(IReadOnlyList<Error> held)
    {
        foreach (var error in held)
        {
            _admission.Hold(error);
        }
    }

    /// <summary>Answers have left.</summary>
    public void Left(AnswerCount answers)
    {
        _inFlight -= answers.Answers;
        _bodyBytesInFlight -= answers.BodyBytes;
    }

    /// <summary>One msg:R has arrived.</summary>
    /// <returns>
    /// False when it could go to the store at once, and all sessions together have as much there as they may: <see cref="TakeInTurnAsync"/> is
    /// what to do next.
    /// </returns>
    public bool TryTake(MessageRequest request)
    {
        var authorization = _admission.AuthorizeAsync(request.To);
        var passes = false;
        using (var writing = output.Enter())
        {
            if (writing.IsOver || _faulted)
            {
                return true;
            }

            if (_admitting || !_admission.MayPass(request, authorization))
            {
                Count(request);
                _arrivals.Enqueue(new Arrival(request, authorization));
                if (_admitting)
                {
                    return true;
                }

                _admitting = true;
            }
            else if (surroundings.RequestBytes.TryTake(RequestBudget.BytesOf(request)))
            {
                Count(request);
                _bytesAtWork += RequestBudget.BytesOf(request);
                passes = true;
            }
            else
            {
                return false;
            }
        }

        if (passes)
        {
            Append(request);
        }
        else
        {
            _ = AdmitAsync();
        }

        return true;
    }

    /// <summary>Takes what <see cref="TryTake"/> has found no room for, when there is room.</summary>
    public async Task TakeInTurnAsync(MessageRequest request)
    {
        await surroundings.RequestBytes.TakeAsync(RequestBudget.BytesOf(request), session.Stopping).ConfigureAwait(false);
        using (var writing = output.Enter())
        {
            if (writing.IsOver || _faulted)
            {
                surroundings.RequestBytes.Return(RequestBudget.BytesOf(request));
                return;
            }

            Count(request);
            _bytesAtWork += RequestBudget.BytesOf(request);
        }

        Append(request);
    }

    private void Count(MessageRequest request)
    {
        _traces.Arrived(request);
        _inFlight++;
        _bodyBytesInFlight += request.Body.Content.Length;
        _unanswered[request.Id] = _unanswered.GetValueOrDefault(request.Id) + 1;
    }

    /// <summary>What is to be told of messages that were sent here; ack:N of one whose msg:A has not been written waits for that.</summary>
    public void Report(in SessionOutput.Writing writing, AckNotify report)
    {
        if (writing.Waiting > surroundings.Options.Bounds.OutgoingBytesMax)
        {
            // A client that does not read is told again when it asks (PROTOCOL §7: ack:N is a hint).
            return;
        }

        if (IsAnyUnanswered(report.Ids))
        {
            _reportsHeldBack.AddRange(report.Ids.Where(_unanswered.ContainsKey).Select(id => report with { Ids = [id] }));
            report = report with { Ids = [.. report.Ids.Where(id => !_unanswered.ContainsKey(id))] };
        }

        if (report.Ids.Count > 0)
        {
            writing.Write(report);
        }
    }

    private bool IsAnyUnanswered(IReadOnlyList<MessageId> ids)
    {
        for (var i = 0; _unanswered.Count > 0 && i < ids.Count; i++)
        {
            if (_unanswered.ContainsKey(ids[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Completes when nothing is under way.</summary>
    public Task WhenIdleAsync()
    {
        using var writing = output.Enter();
        return _admitting || _answering
            ? (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task
            : Task.CompletedTask;
    }

    // ---- deciding: size, authorizer, order ----------------------------------------------------

    /// <summary>Takes what could not pass at once, in order, so that nothing overtakes it on the way to the store.</summary>
    private async Task AdmitAsync()
    {
        try
        {
            await AdmitAllAsync().ConfigureAwait(false);
        }
        catch (Exception defect)
        {
            Broken(defect);
        }
    }

    private async Task AdmitAllAsync()
    {
        while (TryNextArrival(out var arrival))
        {
            try
            {
                var code = await _admission.ObjectionAsync(arrival.Request, arrival.Authorization).ConfigureAwait(false);
                if (code == ErrorCode.None)
                {
                    await AppendInTurnAsync(arrival.Request).ConfigureAwait(false);
                }
                else
                {
                    var result = code.Remedy() == ErrorRemedy.RetryLater ? AppendResult.RetryLater(code) : AppendResult.Refused(code);
                    Decided(new Decision(arrival.Request, new(result), IsOurs: true));
                }
            }
            catch (Exception fault)
            {
                Faulted(arrival.Request, fault);
            }
        }
    }

    private bool TryNextArrival(out Arrival arrival)
    {
        using var writing = output.Enter();
        while (_arrivals.TryDequeue(out arrival))
        {
            if (!_faulted)
            {
                return true;
            }

            Settle(arrival.Request, inFlightNoMore: true);
        }

        _admitting = false;
        SignalIdle();
        return false;
    }

    // ---- appending and answering ------------------------------------------------------------

    /// <summary>Only now is there something for the store: what waited for the authorizer has taken no room from others.</summary>
    private async Task AppendInTurnAsync(MessageRequest request)
    {
        if (!surroundings.RequestBytes.TryTake(RequestBudget.BytesOf(request)))
        {
            await surroundings.RequestBytes.TakeAsync(RequestBudget.BytesOf(request), session.Gone).ConfigureAwait(false);
        }

        using (output.Enter())
        {
            if (_faulted)
            {
                // Meanwhile; nothing that came after it is appended.
                surroundings.RequestBytes.Return(RequestBudget.BytesOf(request));
                Settle(request, inFlightNoMore: true);
                return;
            }

            _bytesAtWork += RequestBudget.BytesOf(request);
        }

        Append(request);
    }

    private void Append(MessageRequest request)
    {
        ValueTask<AppendResult> append;
        try
        {
            append = surroundings.Store.AppendAsync(new AppendItem(request.To, user, request.Id, request.Body, _lane) { ContinuesInline = true });
        }
        catch (Exception fault)
        {
            append = ValueTask.FromException<AppendResult>(fault);
        }

        Decided(new Decision(request, append, IsOurs: false));
    }

    private void Decided(in Decision decision)
    {
        using (output.Enter())
        {
            _decisions.Enqueue(decision);
            if (_answering)
            {
                return;
            }

            _answering = true;
        }

        _ = AnswerAsync();
    }

    /// <summary>Answers in order. What became durable together is answered together: one wake-up, one write.</summary>
    private async Task AnswerAsync()
    {
        try
        {
            while (TryNextDecision(out var decision))
            {
                AppendResult result;
                try
                {
                    result = await decision.Append.ConfigureAwait(false);
                }
                catch (Exception fault)
                {
                    using (output.Enter())
                    {
                        Return(decision);
                    }

                    Faulted(decision.Request, fault);
                    continue;
                }

                using (var writing = output.Enter())
                {
                    Answer(writing, decision, result);
                    while (_decisions.TryPeek(out decision) && decision.Append.IsCompletedSuccessfully)
                    {
                        _decisions.Dequeue();
                        Answer(writing, decision, decision.Append.Result);
                    }

                    writing.Hold();
                }

                PassOnHeld();
            }
        }
        catch (Exception defect)
        {
            Broken(defect);
        }
    }

    /// <summary>What passing on makes of reports to this sender leaves together with the answers: one write, not one for each recipient who is away.</summary>
    private void PassOnHeld()
    {
        try
        {
            PassOn();
        }
        finally
        {
            using var writing = output.Enter();
            writing.Release();
        }
    }

    /// <summary>Tells the recipients' routes. A run of messages to one recipient is told at once, and so leaves at once.</summary>
    private void PassOn()
    {
        var hints = CollectionsMarshal.AsSpan(_hints);
        for (var from = 0; from < hints.Length;)
        {
            var to = _recipients[from];
            var until = from + 1;
            while (until < hints.Length && _recipients[until] == to)
            {
                until++;
            }

            surroundings.Routes.Arrived(to, hints[from..until], session);
            from = until;
        }

        _hints.Clear();
        _recipients.Clear();
    }

    private bool TryNextDecision(out Decision decision)
    {
        using var writing = output.Enter();
        if (_decisions.TryDequeue(out decision))
        {
            return true;
        }

        _answering = false;
        SignalIdle();
        return false;
    }

    private void Answer(in SessionOutput.Writing writing, in Decision decision, in AppendResult result)
    {
        var request = decision.Request;
        Return(decision);
        if (result.Code == ErrorCode.Resynchronize)
        {
            // More recipients are held back than can be remembered; with a new connection the order begins anew (PROTOCOL §6).
            session.End(writing, ErrorCode.Resynchronize);
            Settle(request, inFlightNoMore: true);
            return;
        }

        var accepted = result.Outcome is AppendOutcome.New or AppendOutcome.Duplicate;
        var left = writing.TryAnswer(accepted ? new MessageAcknowledge(request.Id, result.AcceptedAt) : Refusal(request, result), request.Body.Content.Length);
        _traces.Answered(request.Id, accepted ? ErrorCode.None : result.Code);
        Settle(request, inFlightNoMore: !left);
        if (accepted)
        {
            surroundings.Meter.Accepted(result.Outcome == AppendOutcome.Duplicate, request.Body.Content.Length);
            Tell(writing, request, result);
        }
        else
        {
            surroundings.Meter.NotAccepted(result.Code);
        }

        if (!decision.IsOurs)
        {
            if (result.Outcome == AppendOutcome.RetryLater)
            {
                _admission.HeldByStore(request.To, request.Id);
            }
            else
            {
                _admission.DecidedByStore(request.To, request.Id);
            }
        }

        for (var i = _reportsHeldBack.Count - 1; i >= 0; i--)
        {
            if (!_unanswered.ContainsKey(_reportsHeldBack[i].Ids[0]))
            {
                writing.Write(_reportsHeldBack[i]);
                _reportsHeldBack.RemoveAt(i);
            }
        }
    }

    /// <summary>Whoever is to hear of an accepted message: its recipient, or, when it is delivered already, its sender.</summary>
    private void Tell(in SessionOutput.Writing writing, MessageRequest request, in AppendResult result)
    {
        if (result.Delivered)
        {
            writing.Write(new AckNotify(request.To, [request.Id], MessageState.Delivered));
            return;
        }

        var entry = new Entry(result.Sequence, request.Id, user, result.AcceptedAt, request.Body);
        _hints.Add(new EntryHint(entry, result.Outcome == AppendOutcome.Duplicate));
        _recipients.Add(request.To);
    }

    private Error Refusal(MessageRequest request, in AppendResult result) => new(
        result.Code,
        ErrorText.For(result.Code),
        request.Id,
        request.To,
        result.Outcome == AppendOutcome.RetryLater ? surroundings.Options.Times.RetryAfter : TimeSpan.Zero);

    /// <summary>Nothing is known about it; Goodbye is the answer, and the client asks again, for it first (PROTOCOL §6).</summary>
    private void Faulted(MessageRequest request, Exception fault)
    {
        using (output.Enter())
        {
            _faulted = true;
            Settle(request, inFlightNoMore: true);
        }

        session.Fail(fault);
    }

    /// <summary>A defect: what was at work is lost sight of, and must not count against all others for ever.</summary>
    private void Broken(Exception defect)
    {
        using (output.Enter())
        {
            surroundings.RequestBytes.Return(_bytesAtWork);
            _bytesAtWork = 0;
            _lostSight = true;
            _faulted = true;
        }

        session.Broken(defect);
    }

    /// <summary>The store has decided it, if it was ever asked.</summary>
    private void Return(in Decision decision)
    {
        if (!decision.IsOurs && !_lostSight)
        {
            _bytesAtWork -= RequestBudget.BytesOf(decision.Request);
            surroundings.RequestBytes.Return(RequestBudget.BytesOf(decision.Request));
        }
    }

    private void Settle(MessageRequest request, bool inFlightNoMore)
    {
        var count = _unanswered[request.Id] - 1;
        if (count == 0)
        {
            _unanswered.Remove(request.Id);
        }
        else
        {
            _unanswered[request.Id] = count;
        }

        if (inFlightNoMore)
        {
            Left(new AnswerCount(1, request.Body.Content.Length));
        }
    }

    private void SignalIdle()
    {
        if (!_admitting && !_answering)
        {
            _idle?.TrySetResult();
            _idle = null;
        }
    }
}
