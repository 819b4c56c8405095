using System.Globalization;
using Hexagram.Protocol;

namespace Hexagram.Simulation.Engine;

/// <summary>
/// A schedule before it runs: its choices, and where its chances (how long each packet takes, and the like) come from. All of it comes from one seed;
/// a shrunk plan keeps some of the choices, and may have other chances.
/// </summary>
/// <param name="Seed">Where the choices come from.</param>
/// <param name="Chances">Where everything else comes from; the same as the seed unless shrunk.</param>
/// <param name="Kept">The places of the choices that are kept, in order.</param>
internal sealed record Plan(int Seed, int Chances, IReadOnlyList<int> Kept)
{
    private IReadOnlyList<Choice>? _whole;

    /// <summary>The whole plan of a seed.</summary>
    internal static Plan Of(int seed)
    {
        var whole = new Planning(new Dice((ulong)seed).Fork(0)).Choices;
        return new Plan(seed, seed, [.. Enumerable.Range(0, whole.Count)]) { _whole = whole };
    }

    /// <summary>Reads what <see cref="Name"/> writes.</summary>
    internal static Plan Read(string name)
    {
        var parts = name.Split(':');
        var whole = Of(Number(parts[0]));
        return parts.Length == 1 ? whole : whole.Keep(Number(parts[1]), [.. parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Number)]);

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>The choices that are kept.</summary>
    internal IEnumerable<Choice> Choices => Kept.Select(place => Whole[place]);

    /// <summary>Such as <c>1234</c>, or <c>1234:1:0,7,9</c> for a shrunk one: seed, chances, choices.</summary>
    internal string Name => Kept.Count == Whole.Count && Chances == Seed
        ? Seed.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Seed}:{Chances}:{string.Join(',', Kept)}");

    private IReadOnlyList<Choice> Whole => _whole!;

    /// <summary>The same with only these of its choices, by their places in the whole plan.</summary>
    internal Plan Keep(int chances, IReadOnlyList<int> places) => this with { Chances = chances, Kept = places };

    /// <summary>The choices, one a line: how things are, then what happens in the order of time.</summary>
    public override string ToString() => string.Join(
        '\n',
        Choices.Where(choice => choice is Setting).Concat(Choices.OfType<Step>().OrderBy(step => step.At)).Select(choice => $"  {choice}"));

    /// <summary>Makes up the choices of a seed.</summary>
    private sealed class Planning
    {
        private static readonly int Losses = Enum.GetValues<Loss>().Length;

        private readonly Dice _dice;

        internal Planning(Dice dice)
        {
            _dice = dice;
            Settle();
            for (var n = dice.Next(5, 40); n > 0; n--)
            {
                Choices.Add(new Step.Send(SomeTime(), SomeNumber(), SomeNumber(), dice.Next(0, 40)));
            }

            for (var n = dice.Next(0, 12); n > 0; n--)
            {
                Choices.Add(Disturbance());
            }
        }

        internal List<Choice> Choices { get; } = [];

        private void Settle()
        {
            Often(0.6, () => new Setting.AnotherNode());
            Often(0.3, () => new Setting.AnotherNode());
            Often(0.5, () => new Setting.AnotherUser());
            Often(0.2, () => new Setting.AnotherUser());
            for (var n = 0; n < 3; n++)
            {
                Often(0.4, () => new Setting.AnotherDevice(SomeNumber(), _dice.Next(0, 5), _dice.Chance(0.3) ? StreamStart.Latest : StreamStart.Oldest));
            }

            Often(0.5, () => new Setting.NarrowWindow(_dice.Next(1, 4), _dice.Next(20, 200)));
            Often(0.3, () => new Setting.SmallMailboxes(_dice.Next(1, 6), _dice.Next(1, 4)));
            Often(0.2, () => new Setting.FewDevices(_dice.Next(1, 4)));
            Often(0.2, () => new Setting.KeepsEntries(_dice.Next(1, 60)));
            Often(0.5, () => new Setting.LosesHints(0.3));
            Often(0.5, () => new Setting.SlowNetwork());
            Often(0.5, () => new Setting.SlowDisk());
            Often(0.5, () => new Setting.SlowHandlers());
            Often(0.05, () => new Setting.PacketsAsBytes());
            Often(0.2, () => new Setting.WrongClock(_dice.Next(0, 4), _dice.Next(1, 20) * (_dice.Chance(0.5) ? 1 : -1)));
            if (_dice.Chance(0.06))
            {
                SwitchOff();
            }

            if (_dice.Chance(0.03))
            {
                PassQuietly();
            }
        }

        /// <summary>A long absence, and something unfinished before it: what was sent is accepted, and its sender does not hear of it.</summary>
        private void SwitchOff()
        {
            var at = SomeTime();
            Choices.Add(new Step.Months(at, _dice.Next(5, 150), SomeNumber(), _dice.Between(0, 40_000)));
            Choices.Add(new Step.Lose(at - _dice.Between(600, 1_000), Loss.MessageAcknowledge, 0));
            for (var n = _dice.Next(0, 3); n > 0; n--)
            {
                Choices.Add(new Step.Send(at - _dice.Between(100, 500), SomeNumber(), SomeNumber(), 0));
            }
        }

        /// <summary>Connections outlive the records of their devices, which may make room for new ones.</summary>
        private void PassQuietly()
        {
            var at = SomeTime();
            Choices.Add(new Step.QuietMonths(at, _dice.Next(5, 150)));
            Often(0.5, () => new Setting.FewDevices(_dice.Next(1, 3)));
            Often(0.5, () => new Step.NewDevice(at + _dice.Between(10, 3_000), SomeNumber(), 2, StreamStart.Oldest));
        }

        private Step Disturbance() => _dice.Next(30) switch
        {
            0 or 1 or 2 => new Step.Cut(SomeTime(), SomeNumber()),
            3 or 4 or 5 => new Step.KillDevice(SomeTime(), SomeNumber(), _dice.Between(1, 20_000), _dice.Chance(0.5)),
            6 or 7 or 8 => new Step.KillNode(SomeTime(), SomeNumber(), _dice.Between(1, 5_000), _dice.Chance(0.5)),
            9 => new Step.FreezeNode(SomeTime(), SomeNumber(), _dice.Chance(0.3) ? _dice.Between(60_000, 300_000) : _dice.Between(500, 60_000)),
            10 or 11 => new Step.ConnectAnew(SomeTime(), SomeNumber(), _dice.Chance(0.5)),
            12 or 13 => new Step.Cancel(SomeTime(), SomeNumber()),
            14 => new Step.Backup(SomeTime()),
            15 => new Step.Restore(SomeTime()),
            16 => new Step.LosePower(SomeTime()),
            17 => new Step.FailSync(SomeTime()),
            18 => new Step.JumpClock(SomeTime(), SomeNumber(), _dice.Next(-30, 30)),
            19 when _dice.Chance(0.5) => new Step.Burn(SomeTime(), SomeNumber()),
            20 when _dice.Chance(0.5) => new Step.NewDevice(SomeTime(), SomeNumber(), _dice.Next(1, 4), _dice.Chance(0.5) ? StreamStart.Latest : StreamStart.Oldest),
            21 => new Step.Forget(SomeTime()),
            _ => new Step.Lose(SomeTime(), (Loss)_dice.Next(Losses), _dice.Next(0, 4)),
        };

        private void Often(double share, Func<Choice> choice)
        {
            if (_dice.Chance(share))
            {
                Choices.Add(choice());
            }
        }

        private TimeSpan SomeTime() => _dice.Between(1_000, 60_000);

        // Wraps around whatever number of users, devices or nodes there is; 60 is divided by all of them that are usual.
        private int SomeNumber() => _dice.Next(0, 60);
    }
}
