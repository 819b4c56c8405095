namespace Hexagram.Chaos.Proxy;

/// <summary>The packets that are still to be lost. Thread-safe.</summary>
internal sealed class LossOrders
{
    private readonly Lock _gate = new();
    private readonly List<PacketLoss> _orders = [];
    private volatile bool _any;

    public PacketLoss Add(PacketKind kind, int nth, Ways ways, Func<ProxiedConnection, bool>? which)
    {
        var order = new PacketLoss(kind, nth, ways, which, Remove);
        lock (_gate)
        {
            _orders.Add(order);
            _any = true;
        }

        return order;
    }

    /// <summary>The order that the packet which begins now fulfils. Orders given before the one that claims it have counted it.</summary>
    public PacketLoss? Claim(PacketKind kind, Ways way, ProxiedConnection connection)
    {
        if (!_any)
        {
            return null;
        }

        lock (_gate)
        {
            // The first that claims it loses it; another one of the same number waits for the next, as if it had been given later.
            var order = _orders.Find(one => one.Claims(kind, way, connection));
            if (order is not null)
            {
                Drop(order);
            }

            return order;
        }
    }

    private void Remove(PacketLoss order)
    {
        lock (_gate)
        {
            Drop(order);
        }
    }

    private void Drop(PacketLoss order)
    {
        _orders.Remove(order);
        _any = _orders.Count > 0;
    }
}
