using Hexagram.Protocol;

namespace Hexagram.Server.Gateway.Output;

/// <summary>
/// What a session sends. Packets gather in a buffer while the last one is on its way, so a busy session sends many at once and a
/// quiet one waits for nothing.
/// </summary>
/// <remarks>
/// Owns the session's one lock. Whoever writes enters with <see cref="Enter"/>, decides and writes without waiting for anything,
/// and leaves; what belongs together is decided and written in one stay. Everything a session guards by its lock is
/// touched between the two.
/// </remarks>
internal sealed class SessionOutput(ISessionTransport transport, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OutgoingBuffer _gathering = new();
    private OutgoingBuffer _onTheWay = new();
    private AnswerCount _answersGathering;
    private bool _sending;
    private bool _held;
    private bool _ended;
    private bool _broken;
    private long _progressedAt;

    /// <summary>Called inside the lock whenever bytes have left or never will, with the answers to msg:R among them.</summary>
    public Action<Writing, AnswerCount> Left { get; set; } = static (_, _) => { };

    /// <summary>Completes when the last packet has left, or the peer has gone, after <see cref="Writing.End"/> or <see cref="Writing.EndSilently"/>.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Enters the session's lock. Not to be nested.</summary>
    public Writing Enter() => new(this);

    /// <summary>How long the bytes on their way have not got on; zero when there are none.</summary>
    public TimeSpan StalledFor()
    {
        lock (_gate)
        {
            return _progressedAt == 0 ? TimeSpan.Zero : time.GetElapsedTime(_progressedAt);
        }
    }

    private void Encode(Packet packet) => transport.Encode(packet, _gathering);

    private async Task SendAsync()
    {
        while (TryTake(out var answers))
        {
            // A caller may be a grain, whose scheduler must not be captured.
            var alive = await transport.SendAsync(_onTheWay.Written, Progressed).ConfigureAwait(false);
            using var writing = Enter();
            _onTheWay.Clear();
            _progressedAt = 0;
            _broken |= !alive;
            Left(writing, answers);
        }
    }

    private void Progressed()
    {
        lock (_gate)
        {
            _progressedAt = time.GetTimestamp();
        }
    }

    private bool TryTake(out AnswerCount answers)
    {
        lock (_gate)
        {
            answers = _answersGathering;
            _answersGathering = default;
            if (_gathering.IsEmpty || _broken)
            {
                _gathering.Clear();
                _sending = false;
                if (_ended || _broken)
                {
                    _drained.TrySetResult();
                }

                return false;
            }

            (_gathering, _onTheWay) = (_onTheWay, _gathering);
            _progressedAt = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>A stay inside the session's lock. What was written goes out when it is left.</summary>
    public readonly ref struct Writing : IDisposable
    {
        private readonly SessionOutput _output;

        internal Writing(SessionOutput output)
        {
            _output = output;
            output._gate.Enter();
        }

        /// <summary>Bytes that wait or are on their way.</summary>
        public int Waiting => _output._gathering.Length + _output._onTheWay.Length;

        /// <summary>The last packet has been written, or the peer has gone: nothing more is sent.</summary>
        public bool IsOver => _output._ended || _output._broken;

        /// <summary>Writes a packet, unless nothing more is sent.</summary>
        public void Write(Packet packet)
        {
            if (!IsOver)
            {
                _output.Encode(packet);
            }
        }

        /// <summary>Writes the answer to a msg:R, which stays in flight until it has left.</summary>
        /// <returns>False when nothing more is sent: it is in flight no longer.</returns>
        public bool TryAnswer(Packet packet, int bodyBytes)
        {
            if (IsOver)
            {
                return false;
            }

            _output.Encode(packet);
            _output._answersGathering += new AnswerCount(1, bodyBytes);
            return true;
        }

        /// <summary>What is written from now on, by whomever, gathers until <see cref="Release"/>. Not to be nested, and for no longer than a few calls take.</summary>
        public void Hold() => _output._held = true;

        /// <summary>Ends what <see cref="Hold"/> has begun.</summary>
        public void Release() => _output._held = false;

        /// <summary>Writes the last packet. False when there has been one, or nobody to read it.</summary>
        public bool End(Goodbye goodbye)
        {
            if (IsOver)
            {
                return false;
            }

            _output.Encode(goodbye);
            _output._ended = true;
            return true;
        }

        /// <summary>What has been written was the last.</summary>
        public void EndSilently() => _output._ended = true;

        /// <summary>Leaves the lock, and begins to send unless that is under way, or held.</summary>
        public void Dispose()
        {
            var begin = !_output._sending && !_output._held && (!_output._gathering.IsEmpty || IsOver);
            _output._sending |= begin;
            _output._gate.Exit();
            if (begin)
            {
                _ = _output.SendAsync();
            }
        }
    }
}
