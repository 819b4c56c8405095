namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>Who is in a world that is shared.</summary>
internal sealed record Cast(World World, Application Alice, Application Bob)
{
    private int _hasty;

    /// <summary>One more, whose timers run ten times faster than time: so does its idea of the server's clock, and half a minute later its ids are from the future.</summary>
    public Task<Application> HastyAsync() => World.AddAsync($"hasty{++_hasty}", haste: 10);
}
