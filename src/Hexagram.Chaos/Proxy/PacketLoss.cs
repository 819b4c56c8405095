namespace Hexagram.Chaos.Proxy;

/// <summary>
/// One packet that is to be lost: when it begins, everything before it has been forwarded and the connection is closed, so that its
/// bytes and all after them are gone. It strikes once. Thread-safe.
/// </summary>
public sealed class PacketLoss
{
    private readonly TaskCompletionSource<ProxiedConnection> _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<PacketLoss> _withdraw;
    private readonly Func<ProxiedConnection, bool>? _which;
    private int _left;

    internal PacketLoss(PacketKind kind, int nth, Ways ways, Func<ProxiedConnection, bool>? which, Action<PacketLoss> withdraw)
    {
        Kind = kind;
        Ways = ways;
        _left = nth;
        _which = which;
        _withdraw = withdraw;
    }

    /// <summary>The kind of the packet.</summary>
    public PacketKind Kind { get; }

    /// <summary>The directions in which it is looked for.</summary>
    public Ways Ways { get; }

    /// <summary>Completes with the connection that was closed; is cancelled when the loss is withdrawn before.</summary>
    public Task<ProxiedConnection> Struck => _struck.Task;

    /// <summary>Takes the order back.</summary>
    /// <returns>Whether it had not struck.</returns>
    public bool Withdraw()
    {
        _withdraw(this);
        return _struck.TrySetCanceled();
    }

    /// <summary>Whether this is the packet. The caller holds the lock of the orders.</summary>
    internal bool Claims(PacketKind kind, Ways way, ProxiedConnection connection) =>
        kind == Kind && (Ways & way) != 0 && (_which is null || _which(connection)) && --_left == 0;

    internal void Strike(ProxiedConnection connection) => _struck.TrySetResult(connection);
}
