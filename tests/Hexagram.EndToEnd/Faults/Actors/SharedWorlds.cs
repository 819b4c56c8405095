namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>One world for each transport, which the tests of a class share one after the other. When they are through, it is judged as a whole, with its disk.</summary>
public class SharedWorlds : IAsyncLifetime
{
    private readonly Dictionary<Transport, Cast> _casts = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A world of this transport, with a server and two applications that are connected.</summary>
    internal async Task<Cast> OnAsync(Transport transport)
    {
        if (!_casts.TryGetValue(transport, out var cast))
        {
            var world = new World(transport);
            _casts.Add(transport, new Cast(world, null!, null!));
            await StartAsync(world);
            var alice = world.AddAsync("alice");
            _casts[transport] = cast = new Cast(world, await alice, await world.AddAsync("bob"));
        }

        return cast;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var cast in _casts.Values)
        {
            await using (cast.World)
            {
                await cast.World.EndAndJudgeAsync();
            }
        }
    }

    /// <summary>Starts the server.</summary>
    private protected virtual Task StartAsync(World world) => world.ServeAsync();
}
