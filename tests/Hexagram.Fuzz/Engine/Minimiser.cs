namespace Hexagram.Fuzz.Engine;

/// <summary>Makes a corpus small: as few and as short inputs as still do all that the whole does.</summary>
internal sealed class Minimiser(IFuzzTarget target)
{
    private readonly Observations _seen = new();

    /// <summary>The inputs worth keeping, at most <paramref name="bytesMax"/> of them in all.</summary>
    public async Task<IReadOnlyList<byte[]>> MinimiseAsync(IEnumerable<byte[]> corpus, int bytesMax)
    {
        var trial = new Trial(target, _seen);
        var kept = new List<byte[]>();
        var bytes = 0;

        // The shortest first: what a short one does, no long one is kept for.
        foreach (var input in corpus.OrderBy(input => input.Length))
        {
            if (await trial.FaultAsync(input) is not null || !_seen.IsAnythingNew(target.IsSynchronous, keep: false))
            {
                continue;
            }

            var shorter = target.IsSynchronous ? await ShortenAsync(trial, input) : input;
            if (bytes + shorter.Length > bytesMax)
            {
                continue;
            }

            await trial.FaultAsync(shorter);
            _seen.IsAnythingNew(target.IsSynchronous, keep: true);
            bytes += shorter.Length;
            kept.Add(shorter);
        }

        return kept;
    }

    /// <summary>Leaves out pieces, large ones first, without which the input does the same.</summary>
    private async Task<byte[]> ShortenAsync(Trial trial, byte[] input)
    {
        await trial.FaultAsync(input);
        var sum = _seen.Sum(edges: true);
        for (var piece = input.Length / 2; piece >= 1; piece /= 2)
        {
            for (var at = 0; at + piece <= input.Length && trial.Count < 200_000;)
            {
                byte[] without = [.. input.AsSpan(0, at), .. input.AsSpan(at + piece)];
                if (await trial.FaultAsync(without) is null && _seen.Sum(edges: true) == sum)
                {
                    input = without;
                }
                else
                {
                    at += piece;
                }
            }
        }

        return input;
    }
}
