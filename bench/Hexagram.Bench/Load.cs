using System.Diagnostics;
using Hexagram.Server.Authentication;

namespace Hexagram.Bench;

/// <summary>All the pairs of a run.</summary>
internal sealed class Load : IAsyncDisposable
{
    private const int BodyBytes = 100;

    private readonly List<Pair> _pairs = [];
    private long _next;

    internal static async Task<Load> OpenAsync(ServerProcess server, int pairs, string? stateFolder, CancellationToken cancellationToken)
    {
        var tokens = new TokenIssuer(SigningKey.Open(Path.Combine(server.DataFolder, "token.key")), TimeProvider.System);
        var load = new Load();
        for (var number = 0; number < pairs; number++)
        {
            load._pairs.Add(await Pair.OpenAsync(number, server, tokens, stateFolder, cancellationToken).ConfigureAwait(false));
        }

        return load;
    }

    /// <summary>Closed loop: each pair keeps <paramref name="window"/> messages under way for <paramref name="duration"/>.</summary>
    internal async Task<List<TimeSpan>> RunAsync(int window, TimeSpan duration)
    {
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var loops = from pair in _pairs from _ in Enumerable.Range(0, window) select Task.Run(() => LoopAsync(pair));
        var latencies = await Task.WhenAll(loops).ConfigureAwait(false);
        return [.. latencies.SelectMany(list => list)];

        async Task<List<TimeSpan>> LoopAsync(Pair pair)
        {
            var taken = new List<TimeSpan>();
            while (Stopwatch.GetTimestamp() < end)
            {
                taken.Add(await pair.SendAsync(BodyBytes, Stopwatch.GetTimestamp()).ConfigureAwait(false));
            }

            return taken;
        }
    }

    /// <summary>Open loop: messages leave at a fixed rate, whatever became of the ones before.</summary>
    /// <returns>Latencies from the intended time of sending.</returns>
    internal async Task<List<TimeSpan>> RunAtAsync(int perSecond, TimeSpan duration)
    {
        var start = Stopwatch.GetTimestamp();
        var total = (long)(perSecond * duration.TotalSeconds);
        var sends = new List<Task<TimeSpan>>((int)total);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (sends.Count < total)
        {
            var due = Math.Min(total, (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * perSecond));
            while (sends.Count < due)
            {
                var intended = start + (sends.Count * Stopwatch.Frequency / perSecond);
                var pair = _pairs[(int)(_next++ % _pairs.Count)];
                sends.Add(pair.SendAsync(BodyBytes, intended));
            }

            await timer.WaitForNextTickAsync().ConfigureAwait(false);
        }

        return [.. await Task.WhenAll(sends).WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false)];
    }

    internal void Verify() => _pairs.ForEach(pair => pair.Verify());

    public async ValueTask DisposeAsync()
    {
        foreach (var pair in _pairs)
        {
            await pair.DisposeAsync().ConfigureAwait(false);
        }
    }
}
