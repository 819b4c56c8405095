using Hexagram.Protocol;
using Hexagram.Protocol.Polling;

namespace Hexagram.Client.Connections.Polling;

/// <summary>
/// The polls of one connection (PROTOCOL §14.1, §14.6): one is held at a time, and another takes its place when there is something to confirm. Confirming and leaving are
/// thread-safe; the rest belongs to the loop.
/// </summary>
internal sealed class PollLoop(PollingHttp http, Action<PollingAnswer> arrive, TimeProvider time)
{
    /// <summary>Under the 30 s after which many a proxy cuts.</summary>
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(25);

    /// <summary>Something on the way that cuts sooner than this is no use; and a held poll that is answered sooner, with nothing, is waited with.</summary>
    private static readonly TimeSpan HoldMin = TimeSpan.FromSeconds(1);

    /// <summary>So long may confirmations gather while more of what has come is to be confirmed: a poll for each costs more than its message.</summary>
    private static readonly TimeSpan GatherMax = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Queue<(Sequence Sequence, int Bytes)> _unconfirmed = new();
    private readonly TaskCompletionSource _leaving = NewTask();
    private readonly TaskCompletionSource _left = NewTask();
    private TaskCompletionSource _changed = NewTask();
    private Sequence _confirmed;
    private bool _runs;

    private Hello _hello = null!;
    private Welcome _welcome = null!;
    private Sequence _received;
    private long _unconfirmedBytes;
    private TimeSpan _hold = HoldMax;

    /// <summary>A poll that is asked for, and what it says.</summary>
    private sealed record Asked(Task<PollingAnswer> Answer, Sequence Cursor, TimeSpan Hold, long Since, bool Leaves);

    /// <summary>Everything up to here is committed; the next poll says so. It comes at once when that is all that has come.</summary>
    internal void Confirm(Sequence upTo)
    {
        lock (_gate)
        {
            _confirmed = Sequence.Max(_confirmed, upTo);
            _changed.TrySetResult();
        }
    }

    /// <summary>The next poll is the last, and confirms up to here. Completes when it is answered.</summary>
    internal Task LeaveAsync(Sequence upTo)
    {
        lock (_gate)
        {
            if (!_runs)
            {
                return Task.CompletedTask;
            }

            _confirmed = Sequence.Max(_confirmed, upTo);
            _leaving.TrySetResult();
            _changed.TrySetResult();
            return _left.Task;
        }
    }

    /// <summary>Polls until a poll is lost for good, has a problem, or was the last.</summary>
    internal async Task RunAsync(Hello hello, CancellationToken cancellationToken)
    {
        try
        {
            if (await ConnectAsync(hello, cancellationToken))
            {
                await PollAsync(cancellationToken);
            }
        }
        finally
        {
            lock (_gate)
            {
                _runs = false;
            }

            _left.TrySetResult();
        }
    }

    /// <summary>The first poll, which is not held: the client waits for its Welcome.</summary>
    private async Task<bool> ConnectAsync(Hello hello, CancellationToken cancellationToken)
    {
        var first = await http.AskAsync("poll", output => PollingCodec.Write(new PollRequest(hello) { Hold = TimeSpan.Zero }, output), cancellationToken);
        if (first.Goodbye is null && first.Packets is not [Welcome, ..])
        {
            throw new IOException("the answer to the first poll does not begin with a Welcome");
        }

        if (first.Packets is [Welcome welcome, ..])
        {
            _welcome = welcome;
            _hello = hello with { Epoch = welcome.Epoch };
            _received = welcome.ResumeAfter;
            Count(first.Packets);
        }

        lock (_gate)
        {
            _confirmed = _welcome?.ResumeAfter ?? Sequence.None;
            _runs = first.Goodbye is null;
        }

        arrive(first);
        return first.Goodbye is null;
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        Asked? replaced = null;
        Asked? current = null;
        Task? gathering = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var changed = NextChange();
            if (HasMoreToSay(current))
            {
                gathering ??= IsHandling() ? Task.Delay(GatherMax, time, cancellationToken) : Task.CompletedTask;
            }

            if (gathering is not null && (gathering.IsCompleted || !IsHandling()) && (current is null || replaced is null))
            {
                (replaced, current, gathering) = (current ?? replaced, Ask(cancellationToken), null);
            }
            else
            {
                await Task.WhenAny(changed, gathering is { IsCompleted: false } ? gathering : changed, current?.Answer ?? changed, replaced?.Answer ?? changed);
            }

            if (replaced is { Answer.IsCompleted: true })
            {
                if (!await TakeReplacedAsync(replaced, current ?? replaced))
                {
                    return;
                }

                replaced = null;
            }
            else if (current is { Answer.IsCompleted: true })
            {
                if (!await TakeAsync(current, cancellationToken))
                {
                    return;
                }

                // One that was cut is asked again at once.
                gathering = current.Answer.IsFaulted ? Task.CompletedTask : gathering;
                current = null;
            }
        }
    }

    private Asked Ask(CancellationToken cancellationToken)
    {
        Sequence cursor;
        bool leaves;
        lock (_gate)
        {
            (cursor, leaves) = (_confirmed, _leaving.Task.IsCompleted);
        }

        while (_unconfirmed.TryPeek(out var entry) && entry.Sequence <= cursor)
        {
            _unconfirmed.Dequeue();
            _unconfirmedBytes -= entry.Bytes;
        }

        var hold = leaves ? TimeSpan.Zero : _hold;
        var poll = new PollRequest(_hello with { Cursor = cursor, WindowBytes = (int)Math.Max(0, _hello.WindowBytes - _unconfirmedBytes) })
        {
            Received = Sequence.Max(_received, cursor),
            Hold = hold,
            Leaves = leaves,
        };
        return new Asked(http.AskAsync("poll", output => PollingCodec.Write(poll, output), cancellationToken), cursor, hold, time.GetTimestamp(), leaves);
    }

    private bool HasMoreToSay(Asked? current)
    {
        lock (_gate)
        {
            return current is null || _confirmed > current.Cursor || (_leaving.Task.IsCompleted && !current.Leaves);
        }
    }

    /// <summary>More of what has come is to be confirmed, and the client stays to do it.</summary>
    private bool IsHandling()
    {
        lock (_gate)
        {
            return _confirmed < _received && !_leaving.Task.IsCompleted;
        }
    }

    /// <summary>The poll that is held has come back.</summary>
    /// <returns>Whether to go on.</returns>
    private async Task<bool> TakeAsync(Asked poll, CancellationToken cancellationToken)
    {
        var lasted = time.GetElapsedTime(poll.Since);
        PollingAnswer answer;
        try
        {
            answer = await poll.Answer;
        }
        catch (IOException) when (lasted >= HoldMin && poll.Hold > TimeSpan.Zero)
        {
            // Something on the way cuts: let it be held for less than that, and lose nothing by it.
            _hold = Longer(HoldMin, Shorter(_hold, lasted * 0.75));
            return true;
        }

        var isEarly = answer.Packets is [Welcome] && lasted < poll.Hold && lasted < HoldMin;
        if (!Take(answer, poll.Cursor, poll.Cursor) || poll.Leaves)
        {
            return false;
        }

        if (isEarly && !IsHandling())
        {
            await Task.WhenAny(Task.Delay(HoldMin, time, cancellationToken), _leaving.Task);
        }

        return true;
    }

    /// <summary>The poll whose place another has taken has come back: the other's cursor is applied.</summary>
    private async Task<bool> TakeReplacedAsync(Asked replaced, Asked current)
    {
        try
        {
            return Take(await replaced.Answer, replaced.Cursor, current.Cursor);
        }
        catch (IOException)
        {
            // The other goes on, and will bring what this one held.
            return true;
        }
    }

    /// <param name="answer">What came.</param>
    /// <param name="cursor">That of the poll.</param>
    /// <param name="confirmed">The highest that the server is now known to have applied.</param>
    private bool Take(PollingAnswer answer, Sequence cursor, Sequence confirmed)
    {
        if (answer.Packets is [Welcome welcome, ..])
        {
            if (welcome.User != _welcome.User || welcome.Epoch != _welcome.Epoch || welcome.ResumeAfter != cursor)
            {
                throw new IOException("the mailbox is no longer the one that this connection began with");
            }

            answer = answer with { Packets = [.. answer.Packets.Skip(1)] };
        }
        else if (answer.Goodbye is null)
        {
            throw new IOException("the answer to a poll does not begin with a Welcome");
        }

        Count(answer.Packets);
        arrive(answer.Goodbye is null && confirmed > Sequence.None ? answer with { Packets = [.. answer.Packets, new AckAcknowledge(_welcome.Epoch, confirmed)] } : answer);
        return answer.Goodbye is null;
    }

    private void Count(IReadOnlyList<Packet> packets)
    {
        foreach (var packet in packets)
        {
            if (packet is MessageNotify entry && entry.Sequence > _received)
            {
                _received = entry.Sequence;
                _unconfirmed.Enqueue((entry.Sequence, entry.Body.Content.Length));
                _unconfirmedBytes += entry.Body.Content.Length;
            }
        }
    }

    /// <summary>Completes with the next change. Taken before one looks at what has changed.</summary>
    private Task NextChange()
    {
        lock (_gate)
        {
            if (_changed.Task.IsCompleted)
            {
                _changed = NewTask();
            }

            return _changed.Task;
        }
    }

    private static TaskCompletionSource NewTask() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
