namespace Hexagram.Chaos.Faults;

/// <summary>What all faults do alike: choose one that nobody disturbs yet, take their time, leave things to chance, and say how long it was.</summary>
internal static class Striking
{
    /// <summary>Strikes one of the candidates, chosen by chance, and holds its gate meanwhile; those whose gate is held are being disturbed already.</summary>
    /// <param name="candidates">Any of them will do.</param>
    /// <param name="gateOf">Which gate is held for one of them.</param>
    /// <param name="strike">What is done to it.</param>
    /// <param name="random">Decides which.</param>
    /// <param name="otherwise">What is said when all are being disturbed, or there is none.</param>
    public static async Task<(int Struck, string What)> OneAsync<T>(
        IEnumerable<T> candidates, Func<T, SemaphoreSlim> gateOf, Func<T, Task<(int, string)>> strike, Random random, string otherwise)
    {
        var order = candidates.ToArray();
        random.Shuffle(order);
        foreach (var candidate in order)
        {
            var gate = gateOf(candidate);
            if (!await gate.WaitAsync(0, CancellationToken.None))
            {
                continue;
            }

            try
            {
                return await strike(candidate);
            }
            finally
            {
                gate.Release();
            }
        }

        return (0, otherwise);
    }

    /// <returns>Whether it took its time; false when the end came before.</returns>
    public static async Task<bool> PauseAsync(TimeSpan length, CancellationToken end)
    {
        try
        {
            await Task.Delay(length, end);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>One time in two.</summary>
    public static bool Chance(Random random) => random.Next(2) == 0;

    /// <summary>Such as <c>1.25 s</c>.</summary>
    public static string Words(TimeSpan length) => FormattableString.Invariant($"{length.TotalSeconds:0.00} s");
}
