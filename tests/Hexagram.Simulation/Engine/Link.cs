using System.Buffers;
using Hexagram.Delivery;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Simulation.Engine;

/// <summary>One end of a connection.</summary>
internal interface IEndpoint
{
    /// <summary>The next packet.</summary>
    void Receive(Packet packet);

    /// <summary>Nothing more will come.</summary>
    void Closed();

    /// <summary>Runs when this end's process can take something from its socket: at once, or when it is continued after a stop.</summary>
    void WhenRunning(Action action);
}

/// <summary>What the network does to packets.</summary>
/// <param name="IsSlow">Now and then a packet takes seconds.</param>
/// <param name="CarriesBytes">Every packet goes through the codec.</param>
internal readonly record struct NetworkHabits(bool IsSlow, bool CarriesBytes);

/// <summary>
/// One connection: two ordered streams with delays. When it is cut, what is under way is lost, so that each side has
/// received a prefix of what the other sent, perhaps with a part of the next packet; each side notices in its own time.
/// </summary>
internal sealed class Link(World world, Dice dice, NetworkHabits habits, IEndpoint client)
{
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    private readonly Direction _up = new();
    private readonly Direction _down = new();

    internal IEndpoint? Server { get; set; }

    /// <summary>Called when the server takes a packet.</summary>
    internal Action? Taken { get; init; }

    internal void SendUp(Packet packet)
    {
        world.Trace($"       {client} -> {packet}");
        Send(_up, packet, isUp: true);
    }

    internal void SendDown(Packet packet) => Send(_down, packet, isUp: false);

    /// <summary>The network breaks: what is under way in both directions is lost.</summary>
    internal void Cut()
    {
        if (_up.IsCut && _down.IsCut)
        {
            return;
        }

        world.Tally.Count(Trouble.ConnectionCut);
        _up.IsCut = _down.IsCut = true;
        world.After(Notice(), client.Closed);
        TellServer(Notice());
    }

    /// <summary>The client has closed it, or its process was killed: what it has written still arrives.</summary>
    internal void CloseUp()
    {
        if (!_down.IsCut)
        {
            _down.IsCut = true;
            TellServer(_up.LastArrival - world.Now + TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>The server has closed it, or its process was killed: what it has written still arrives.</summary>
    internal void CloseDown()
    {
        if (!_up.IsCut)
        {
            _up.IsCut = true;
            var last = _down.LastArrival - world.Now;
            world.After((last > TimeSpan.Zero ? last : TimeSpan.Zero) + TimeSpan.FromMilliseconds(1), () =>
            {
                _down.IsCut = true;
                client.Closed();
            });
        }
    }

    /// <summary>The client has heard nothing for too long: it closes.</summary>
    internal void TimeOut() => client.Closed();

    /// <summary>The client has lost sight of it without closing it; the server sees silence.</summary>
    internal void Abandon() => TellServer(Silence);

    /// <summary>Hello takes so long that a later connection can overtake this one.</summary>
    internal void DelayUp(TimeSpan time) => _up.LastArrival = world.Now + time;

    private void TellServer(TimeSpan delay) =>
        world.After(delay > TimeSpan.Zero ? delay : TimeSpan.Zero, () => Server?.WhenRunning(() => Server.Closed()));

    // Mostly at once; now and then a half-open connection that only the heartbeat finds.
    private TimeSpan Notice()
    {
        if (dice.Chance(0.1))
        {
            world.Tally.Count(Trouble.HalfOpenConnection);
            return Silence;
        }

        return dice.Between(0, 50);
    }

    private void Send(Direction direction, Packet packet, bool isUp)
    {
        if (direction.IsCut)
        {
            world.Tally.Count(packet, Mishap.Lost);
            return;
        }

        if (world.Losses.Strikes(packet))
        {
            world.Trace($"lost: {packet}");
            world.Tally.Count(LossOf(packet));
            if (!world.Losses.CutsTheConnection)
            {
                return;
            }

            Cut();
            Tear(packet);
            return;
        }

        var arrival = world.Now + Delay(packet);
        direction.LastArrival = arrival > direction.LastArrival ? arrival : direction.LastArrival;
        var carried = habits.CarriesBytes ? ThroughBytes(packet) : packet;
        world.After(direction.LastArrival - world.Now, () => Arrive(direction, carried, isUp));
    }

    private void Arrive(Direction direction, Packet packet, bool isUp)
    {
        if (direction.IsCut)
        {
            // The first of them may have been on the wire.
            if (!direction.IsTorn && dice.Chance(0.5))
            {
                Tear(packet);
            }
            else
            {
                world.Tally.Count(packet, Mishap.Lost);
            }

            direction.IsTorn = true;
            return;
        }

        if (isUp)
        {
            Server?.WhenRunning(() =>
            {
                Taken?.Invoke();
                Server.Receive(packet);
            });
        }
        else
        {
            client.Receive(packet);
        }
    }

    private TimeSpan Delay(Packet packet)
    {
        if (!habits.IsSlow || !dice.Chance(0.05))
        {
            return dice.Between(1, 20);
        }

        world.Tally.Count(packet, Mishap.Delayed);
        return dice.Chance(0.02) ? dice.Between(20_000, 40_000) : dice.Between((int)Slow.TotalMilliseconds, 3_000);
    }

    private static Loss LossOf(Packet packet) => Enum.Parse<Loss>(packet.GetType().Name);

    /// <summary>A part of it arrives: a reader must see that it is not whole.</summary>
    private void Tear(Packet packet)
    {
        world.Tally.Count(packet, Mishap.Torn);
        var bytes = Encode(packet);
        var part = new ReadOnlySequence<byte>(bytes.AsMemory(0, dice.Next(bytes.Length)));
        Invariant.Holds(
            PacketCodec.TryRead(ref part, ProtocolLimits.BodyBytesMaxCeiling, out _) == PacketReadOutcome.Incomplete,
            "a part of a packet is not taken for a packet");
    }

    private static Packet ThroughBytes(Packet packet)
    {
        var bytes = new ReadOnlySequence<byte>(Encode(packet));
        Invariant.Holds(
            PacketCodec.TryRead(ref bytes, ProtocolLimits.BodyBytesMaxCeiling, out var result) == PacketReadOutcome.Packet && bytes.IsEmpty,
            "what is written can be read");
        return result.Packet!;
    }

    private static byte[] Encode(Packet packet)
    {
        var output = new ArrayBufferWriter<byte>();
        PacketCodec.Write(packet, output);
        return output.WrittenSpan.ToArray();
    }

    private sealed class Direction
    {
        internal TimeSpan LastArrival { get; set; }

        internal bool IsCut { get; set; }

        internal bool IsTorn { get; set; }
    }
}
