using Hexagram.Client.Telemetry;
using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Client;

/// <summary>
/// A message in the outbox, from <see cref="HexagramClient.SendAsync(UserId, Body, CancellationToken)"/> or found there after a restart. Thread-safe.
/// </summary>
public sealed class SentMessage
{
    private readonly Lock _gate;
    private SentState _state;
    private Exception? _failure;
    private TaskCompletionSource? _accepted;
    private TaskCompletionSource? _stored;
    private TaskCompletionSource? _delivered;

    internal SentMessage(Lock gate, OutboxEntry entry, Body? body, int bodyBytes)
    {
        _gate = gate;
        Entry = entry;
        Body = body;
        BodyBytes = bodyBytes;
        _state = (SentState)entry.State;
    }

    /// <summary>
    /// Its id. It may be made anew until the message first leaves the device, if it shows then that this device's clock was
    /// wrong; from then on it never changes.
    /// </summary>
    public MessageId Id
    {
        get
        {
            lock (_gate)
            {
                return Entry.Id;
            }
        }
    }

    /// <summary>The recipient.</summary>
    public UserId To => Entry.To;

    /// <summary>Where it stands, as far as this device knows.</summary>
    public SentState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>Completes when the message is on the server's disk; see <see cref="WhenAsync"/>.</summary>
    public Task Accepted => TaskFor(SentState.Accepted, ref _accepted);

    /// <summary>Completes when a device of the recipient has committed the message; see <see cref="WhenAsync"/>.</summary>
    public Task Delivered => TaskFor(SentState.Delivered, ref _delivered);

    /// <summary>Completes when the message stands at <paramref name="state"/> or higher.</summary>
    /// <param name="state"><see cref="SentState.Accepted"/>, <see cref="SentState.Stored"/> or <see cref="SentState.Delivered"/>.</param>
    /// <param name="cancellationToken">Ends the waiting, not the sending.</param>
    /// <exception cref="MessageRefusedException">The server will not take it, or can no longer tell.</exception>
    /// <exception cref="OperationCanceledException">The message was cancelled, or the waiting was.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed of; the message waits for the store to be opened again.</exception>
    public Task WhenAsync(SentState state, CancellationToken cancellationToken = default) => state switch
    {
        SentState.Accepted => Accepted.WaitAsync(cancellationToken),
        SentState.Stored => TaskFor(SentState.Stored, ref _stored).WaitAsync(cancellationToken),
        SentState.Delivered => Delivered.WaitAsync(cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "One can wait for Accepted, Stored or Delivered."),
    };

    internal OutboxEntry Entry { get; }

    /// <summary>The body, while it is cheap to keep; null when it has to be read from the store. Under the gate.</summary>
    internal Body? Body { get; set; }

    internal int BodyBytes { get; }

    /// <summary>Which of the outbox's limits it counts for. Under the gate.</summary>
    internal bool IsCountedAsStored { get; set; }

    /// <summary>Its part of the message's trace; null when nobody listens. Under the gate.</summary>
    internal SendTrace? Trace { get; set; }

    /// <summary>How often msg:R has gone out, as far as this process knows. Under the gate.</summary>
    internal int Transmissions { get; set; }

    /// <summary>Id, recipient and state.</summary>
    public override string ToString() => $"{Id} to {To}: {State}";

    /// <summary>msg:R goes out. Under the gate.</summary>
    internal void Transmitting()
    {
        if (Transmissions++ > 0)
        {
            ClientTelemetry.Resends.Add(1);
        }

        Trace?.Transmitted(Transmissions);
    }

    /// <summary>The state rises. Under the gate.</summary>
    internal void Rise(SentState state)
    {
        if (_failure is null && state > _state)
        {
            Tell(_state, state);
            _state = state;
            Complete(SentState.Accepted, _accepted);
            Complete(SentState.Stored, _stored);
            Complete(SentState.Delivered, _delivered);
        }
    }

    /// <summary>It will not rise further. Under the gate.</summary>
    /// <param name="state">Its last state, or null when it stays as it is.</param>
    /// <param name="failure">What those who wait are told.</param>
    internal void End(SentState? state, Exception failure)
    {
        if (_failure is not null || _state == SentState.Delivered)
        {
            return;
        }

        _failure = failure;
        _state = state ?? _state;
        Trace?.GivenUp(failure);
        if (state == SentState.Refused)
        {
            ClientTelemetry.Refused.Add(1);
        }

        Fail(_accepted);
        Fail(_stored);
        Fail(_delivered);
    }

    /// <summary>Those who measure and trace.</summary>
    private void Tell(SentState before, SentState state)
    {
        if (before < SentState.Accepted)
        {
            ClientTelemetry.Accepted.Add(1);
        }

        if (state == SentState.Delivered)
        {
            ClientTelemetry.Delivered.Add(1);
        }

        if (Trace is { HasEnded: false } trace)
        {
            trace.Risen(state);
        }
        else if (state == SentState.Delivered)
        {
            SendTrace.DeliveredLate(this);
        }
    }

    private Task TaskFor(SentState state, ref TaskCompletionSource? source)
    {
        lock (_gate)
        {
            if (source is null)
            {
                source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                Complete(state, source);
                if (_failure is not null)
                {
                    Fail(source);
                }
            }

            return source.Task;
        }
    }

    private void Complete(SentState state, TaskCompletionSource? source)
    {
        if (_state is <= SentState.Delivered && _state >= state)
        {
            source?.TrySetResult();
        }
    }

    private void Fail(TaskCompletionSource? source)
    {
        if (source is null)
        {
            return;
        }

        if (_failure is OperationCanceledException)
        {
            source.TrySetCanceled();
        }
        else if (source.TrySetException(_failure!))
        {
            // Nobody has to look: a task that was only offered must not end up as an unobserved exception.
            _ = source.Task.Exception;
        }
    }
}
