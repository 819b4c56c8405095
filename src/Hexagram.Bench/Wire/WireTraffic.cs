using Hexagram.Bench.Load;
using Hexagram.Bench.Measuring;
using Hexagram.Protocol;

namespace Hexagram.Bench.Wire;

/// <summary>What one device sends to one user.</summary>
/// <param name="Number">From 0 on.</param>
/// <param name="To">The user.</param>
internal sealed record WireStream(int Number, UserId To)
{
    /// <summary>How far its messages are.</summary>
    public Flights Flights { get; } = new();
}

/// <summary>What all senders of a run share: what is to be sent, and what became of it. Used by the loop's thread; the counts may be read by others.</summary>
internal sealed class WireTraffic
{
    private long _confirmed;

    /// <summary>The size of a body.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>Makes the ids.</summary>
    public required NumberedId Ids { get; init; }

    /// <summary>What has arrived.</summary>
    public required Arrivals Arrivals { get; init; }

    /// <summary>What must not be.</summary>
    public required Findings Findings { get; init; }

    /// <summary>Where latencies go.</summary>
    public required MeasuredPart Measured { get; init; }

    /// <summary>How many senders there are; stream n is of sender n modulo this.</summary>
    public required int Senders { get; init; }

    /// <summary>How many messages of a sender may be under way; 0 while none is to be sent by itself.</summary>
    public int Window { get; set; }

    /// <summary>How many messages a stream is to have in the end.</summary>
    public int MessagesMax { get; set; } = int.MaxValue;

    /// <summary>Whether a message is under way until it is delivered, or only until it is accepted.</summary>
    public bool UntilAccepted { get; set; }

    /// <summary>How many were sent.</summary>
    public long Sent { get; set; }

    /// <summary>How many were accepted.</summary>
    public long Accepted { get; set; }

    /// <summary>How many have come to their recipients.</summary>
    public long Taken { get; set; }

    /// <summary>How many were confirmed: all six lines.</summary>
    public long Confirmed => Volatile.Read(ref _confirmed);

    /// <summary>One more is confirmed.</summary>
    /// <param name="begunAt">When its time began, as a timestamp of Stopwatch.</param>
    public void Confirm(long begunAt)
    {
        Volatile.Write(ref _confirmed, _confirmed + 1);
        Measured.Confirm(begunAt);
    }
}
