using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Sending;

/// <summary>
/// What the server says about messages that an earlier run left stored: on connecting the client asks, and this run waits for the answer
/// so that it can tell what has been delivered meanwhile. Thread-safe.
/// </summary>
internal sealed class StatusAnswers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<MessageId, TaskCompletionSource<MessageState>> _answers = [];
    private bool _isComplete;

    /// <summary>These are the ones that matter. Answers that came before are remembered, others from now on are not.</summary>
    public void Expect(IEnumerable<MessageId> ids)
    {
        lock (_gate)
        {
            var expected = ids.ToHashSet();
            foreach (var other in _answers.Keys.Except(expected).ToList())
            {
                _answers.Remove(other);
            }

            foreach (var id in expected)
            {
                _answers.TryAdd(id, NewAnswer());
            }

            _isComplete = true;
        }
    }

    /// <summary>Takes what has passed. Never waits, never throws.</summary>
    public void Heard(TracedPacket packet)
    {
        if (packet.Direction != PacketDirection.Received)
        {
            return;
        }

        lock (_gate)
        {
            switch (packet.Packet)
            {
                case StatusAcknowledge { Statuses: var statuses }:
                    foreach (var status in statuses)
                    {
                        Answer(status.Id, status.State);
                    }

                    break;
                case AckNotify { Ids: var ids, State: var state }:
                    foreach (var id in ids)
                    {
                        Answer(id, state);
                    }

                    break;
            }
        }
    }

    /// <summary>How the server says that this message stands, as soon as it has said so.</summary>
    public Task<MessageState> AnswerAsync(MessageId id)
    {
        lock (_gate)
        {
            return _answers[id].Task;
        }
    }

    private void Answer(MessageId id, MessageState state)
    {
        if (!_isComplete)
        {
            _answers.TryAdd(id, NewAnswer());
        }

        if (_answers.TryGetValue(id, out var answer))
        {
            answer.TrySetResult(state);
        }
    }

    private static TaskCompletionSource<MessageState> NewAnswer() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
