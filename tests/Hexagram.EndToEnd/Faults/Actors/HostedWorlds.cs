namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>The same with a server whose clock and disk obey.</summary>
public sealed class HostedWorlds : SharedWorlds
{
    private protected override Task StartAsync(World world) => world.HostAsync();
}
