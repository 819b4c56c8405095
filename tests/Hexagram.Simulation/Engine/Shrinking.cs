namespace Hexagram.Simulation.Engine;

/// <summary>
/// Finds a small plan that still fails: leaves out halves, quarters, and in the end single choices, as long as what is left fails
/// (delta debugging; Zeller and Hildebrandt, 2002). Whatever is left out moves the chances of the rest, so some others are tried before a
/// choice is called needed.
/// </summary>
internal sealed class Shrinking
{
    /// <summary>So many schedules are run at the most; some seconds.</summary>
    internal const int RunsMax = 20_000;

    private const int ChancesTried = 12;

    private readonly Canary _canary;
    private Plan _smallest;
    private int _runs;

    private Shrinking(Plan plan, Canary canary) => (_smallest, _canary) = (plan, canary);

    /// <summary>A plan that fails and has no choice that it could do without, as far as some thousand runs can tell.</summary>
    internal static Plan Shrink(Plan plan, Canary canary = Canary.None)
    {
        var shrinking = new Shrinking(plan, canary);
        shrinking.Run();
        return shrinking._smallest;
    }

    private void Run()
    {
        for (var part = Math.Max(1, _smallest.Kept.Count / 2); _runs < RunsMax;)
        {
            var hasShrunk = LeaveOut(part);
            if (part == 1 && !hasShrunk)
            {
                return;
            }

            // Once through with single choices is not enough: what was needed before may not be needed now.
            part = Math.Max(1, part / 2);
        }
    }

    private bool LeaveOut(int part)
    {
        var hasShrunk = false;
        for (var at = 0; at < _smallest.Kept.Count && _runs < RunsMax;)
        {
            int[] left = [.. _smallest.Kept.Take(at), .. _smallest.Kept.Skip(at + part)];
            if (StillFails(left))
            {
                hasShrunk = true;
            }
            else
            {
                at += part;
            }
        }

        return hasShrunk;
    }

    private bool StillFails(int[] left)
    {
        for (var n = 0; n < ChancesTried; n++)
        {
            var plan = _smallest.Keep(n == 0 ? _smallest.Chances : n, left);
            _runs++;
            if (Schedule.Run(plan, _canary).IsOf(_canary))
            {
                _smallest = plan;
                return true;
            }
        }

        return false;
    }
}
