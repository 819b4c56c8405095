namespace Hexagram.Server.Tests.Floods;

/// <summary>What a flood has come to: one that is refused at the door would leave everybody undisturbed, and prove nothing. Thread-safe.</summary>
internal sealed class FloodTally
{
    private long _connections;
    private long _welcomes;
    private long _goodbyes;
    private long _bytes;

    /// <summary>What has come about up to now.</summary>
    public FloodAmount Amount => new(Volatile.Read(ref _connections), Volatile.Read(ref _welcomes), Volatile.Read(ref _goodbyes), Volatile.Read(ref _bytes));

    public void Connected() => Interlocked.Increment(ref _connections);

    public void Welcomed() => Interlocked.Increment(ref _welcomes);

    public void Refused() => Interlocked.Increment(ref _goodbyes);

    public void Sent(int bytes) => Interlocked.Add(ref _bytes, bytes);
}
