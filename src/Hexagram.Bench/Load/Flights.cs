namespace Hexagram.Bench.Load;

/// <summary>The messages of one stream that are not confirmed yet, by their numbers: a ring from the oldest of them on. Used by one thread at a time.</summary>
internal sealed class Flights
{
    private (long BegunAt, State State)[] _ring = new (long, State)[16];
    private int _first;

    private enum State : byte
    {
        Sent,
        Accepted,
        Delivered,
    }

    /// <summary>How many have been sent; the next message has this number.</summary>
    public int Sent { get; private set; }

    /// <summary>How many the server has accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>How many were delivered.</summary>
    public int Delivered { get; private set; }

    /// <summary>A message goes out.</summary>
    /// <param name="begunAt">The time that its latency counts from, as a timestamp of Stopwatch.</param>
    /// <returns>Its number.</returns>
    public int Add(long begunAt)
    {
        if (Sent - _first == _ring.Length)
        {
            Grow();
        }

        _ring[Sent & (_ring.Length - 1)] = (begunAt, State.Sent);
        return Sent++;
    }

    /// <summary>msg:A.</summary>
    /// <returns>False when there is no such message, or it was accepted before.</returns>
    public bool Accept(int number)
    {
        if (!IsKnown(number) || Of(number).State != State.Sent)
        {
            return false;
        }

        Of(number).State = State.Accepted;
        Accepted++;
        return true;
    }

    /// <summary>Whether the server has said that it has it.</summary>
    public bool IsAccepted(int number) => number < _first || (number < Sent && Of(number).State != State.Sent);

    /// <summary>ack:N.</summary>
    /// <param name="number">Of the message.</param>
    /// <param name="begunAt">What <see cref="Add"/> was told.</param>
    /// <returns>False when it was not accepted, or delivered before.</returns>
    public bool Deliver(int number, out long begunAt)
    {
        if (!IsKnown(number) || Of(number).State != State.Accepted)
        {
            begunAt = 0;
            return false;
        }

        begunAt = Of(number).BegunAt;
        Of(number).State = State.Delivered;
        Delivered++;
        while (_first < Sent && Of(_first).State == State.Delivered)
        {
            _first++;
        }

        return true;
    }

    private bool IsKnown(int number) => number >= _first && number < Sent;

    private ref (long BegunAt, State State) Of(int number) => ref _ring[number & (_ring.Length - 1)];

    private void Grow()
    {
        var larger = new (long, State)[_ring.Length * 2];
        for (var number = _first; number < Sent; number++)
        {
            larger[number & (larger.Length - 1)] = Of(number);
        }

        _ring = larger;
    }
}
