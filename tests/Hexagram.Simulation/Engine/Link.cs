using Hexagram.Protocol;

namespace Hexagram.Simulation.Engine;

/// <summary>One end of a connection.</summary>
internal interface IEndpoint
{
    void Receive(Packet packet);

    void Closed();
}

/// <summary>
/// One connection: two ordered streams with delays. When it is cut, what is under way is lost, so that each side has
/// received a prefix of what the other sent; each side notices in its own time.
/// </summary>
internal sealed class Link(World world, IEndpoint client)
{
    private readonly Direction _up = new();
    private readonly Direction _down = new();
    private bool _cut;

    internal IEndpoint? Server { get; set; }

    internal bool IsCut => _cut;

    internal void SendUp(Packet packet) => Send(_up, packet, () => Server);

    internal void SendDown(Packet packet) => Send(_down, packet, () => client);

    /// <summary>Loses what is under way in both directions.</summary>
    internal void Cut()
    {
        if (_cut)
        {
            return;
        }

        _cut = true;
        world.After(Notice(), client.Closed);
        world.After(Notice(), () => Server?.Closed());
    }

    /// <summary>Ends it after what has been sent: an orderly close.</summary>
    internal void CloseDown(Packet goodbye)
    {
        SendDown(goodbye);
        world.After(_down.LastArrival - world.Now + TimeSpan.FromMilliseconds(1), Cut);
    }

    // Mostly at once; now and then a half-open connection that only the heartbeat finds.
    private TimeSpan Notice() => world.Chance(0.1) ? TimeSpan.FromSeconds(45) : world.Between(0, 50);

    private void Send(Direction direction, Packet packet, Func<IEndpoint?> receiver)
    {
        if (_cut)
        {
            return;
        }

        if (direction == _up)
        {
            world.Trace($"       {client} -> {packet}");
        }

        if (world.Losses.Strikes(packet))
        {
            world.Trace($"lost: {packet}");
            if (world.Losses.CutsTheConnection)
            {
                Cut();
            }

            return;
        }

        var arrival = world.Now + (world.Chance(0.05) ? world.Between(50, 3_000) : world.Between(1, 20));
        direction.LastArrival = arrival > direction.LastArrival ? arrival : direction.LastArrival;
        world.After(direction.LastArrival - world.Now, () =>
        {
            if (!_cut)
            {
                receiver()?.Receive(packet);
            }
        });
    }

    private sealed class Direction
    {
        internal TimeSpan LastArrival { get; set; }
    }
}
