using Hexagram.Protocol;
using Hexagram.Server.Gateway.Output;
using Hexagram.Server.Router;
using Hexagram.Server.Telemetry;
using Hexagram.Storage;

namespace Hexagram.Server.Gateway.Lines;

/// <summary>
/// The ack:R of one session (PROTOCOL §7). They are cumulative, so what arrives while the store is at work on one becomes one
/// more, and one ack:A answers all of them.
/// </summary>
/// <remarks><see cref="Take"/> belongs to the session's reader; state is guarded by the session's lock.</remarks>
internal sealed class ConfirmationLine(SessionSurroundings surroundings, SessionOutput output, SessionStream stream, UserId user, DeviceId device, Session session)
{
    private AckRequest? _asked;
    private bool _confirming;
    private TaskCompletionSource? _idle;

    /// <summary>One ack:R has arrived.</summary>
    public void Take(AckRequest request)
    {
        using (output.Enter())
        {
            // Another history's confirmation is answered and not applied; it must not push out one that counts.
            var epoch = surroundings.Store.Epoch;
            if (_asked is null || _asked.Epoch != epoch || (request.Epoch == epoch && request.UpTo > _asked.UpTo))
            {
                _asked = request;
            }

            if (_confirming)
            {
                return;
            }

            _confirming = true;
        }

        _ = ConfirmAsync();
    }

    /// <summary>Completes when nothing is under way.</summary>
    public Task WhenIdleAsync()
    {
        using var writing = output.Enter();
        return _confirming
            ? (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task
            : Task.CompletedTask;
    }

    /// <summary>Tells the senders, whose sessions the router knows.</summary>
    public void Tell(IReadOnlyList<DeliveredMessage> delivered)
    {
        if (delivered.Count == 0)
        {
            return;
        }

        surroundings.Meter.Delivered(delivered.Count);
        ServerTraces.Confirmed(delivered);
        var sender = delivered[0].From;
        if (delivered.All(message => message.From == sender))
        {
            // Most often, and without a table.
            surroundings.Routes.Report(sender, new DeliveryReport(user, [.. delivered.Select(message => message.Id)]));
            return;
        }

        foreach (var each in delivered.GroupBy(message => message.From, message => message.Id))
        {
            surroundings.Routes.Report(each.Key, new DeliveryReport(user, [.. each]));
        }
    }

    private async Task ConfirmAsync()
    {
        while (TryNext(out var asked))
        {
            try
            {
                var confirmation = await surroundings.Store.ConfirmAsync(user, device, asked.Epoch, asked.UpTo).ConfigureAwait(false);
                Tell(confirmation.NewlyDelivered);
                while (confirmation.Cursor < asked.UpTo && confirmation.NewlyDelivered.Count > 0)
                {
                    // The store tells at most a thousand messages at a time as delivered, and stops there.
                    confirmation = await surroundings.Store.ConfirmAsync(user, device, asked.Epoch, asked.UpTo).ConfigureAwait(false);
                    Tell(confirmation.NewlyDelivered);
                }

                using var writing = output.Enter();
                if (!confirmation.IsDeviceKnown)
                {
                    // Its record has made room for another device; Hello makes it anew, and nothing would ever be confirmed without.
                    session.End(writing, ErrorCode.Resynchronize);
                    continue;
                }

                if (asked.Epoch == surroundings.Store.Epoch)
                {
                    // The store's cursor can be further than this client, which then gets again what it has lost.
                    stream.Confirmed(writing, Sequence.Min(confirmation.Cursor, asked.UpTo));
                }

                writing.Write(new AckAcknowledge(surroundings.Store.Epoch, confirmation.Cursor));
            }
            catch (Exception fault)
            {
                session.Fail(fault);
            }
        }
    }

    private bool TryNext(out AckRequest asked)
    {
        using var writing = output.Enter();
        asked = _asked!;
        _asked = null;
        if (asked is not null)
        {
            return true;
        }

        _confirming = false;
        _idle?.TrySetResult();
        _idle = null;
        return false;
    }
}
