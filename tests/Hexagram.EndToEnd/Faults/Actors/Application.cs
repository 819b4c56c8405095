using System.Globalization;
using Hexagram.Chaos.Proxy;
using Hexagram.Checking;
using Hexagram.EndToEnd.Programs;
using Hexagram.Protocol;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>An <see cref="ApplicationProgram"/> as its test sees it, over all its lives, with the proxy through which it reaches the server.</summary>
internal sealed class Application
{
    private readonly Func<string?, RunningProgram> _start;
    private readonly Dictionary<string, int> _ordinals = [];
    private readonly List<RunningProgram> _lives = [];

    public Application(Party party, string folder, FaultProxy proxy, Func<string?, RunningProgram> start)
    {
        Party = party;
        Folder = folder;
        Proxy = proxy;
        _start = start;
    }

    public Party Party { get; }

    public UserId User => Party.User;

    /// <summary>Where its client keeps outbox and inbox.</summary>
    public string Folder { get; }

    public FaultProxy Proxy { get; }

    /// <summary>The process that lives now, or the last one that did.</summary>
    public RunningProgram Life => _lives[^1];

    /// <summary>What it has said in all its lives.</summary>
    public IEnumerable<Spoken> Said => _lives.SelectMany(life => life.Output).Select(Spoken.TryParse).OfType<Spoken>();

    /// <summary>How often it was started.</summary>
    public int Lives => _lives.Count;

    /// <summary>Begins a life, and waits until it is connected if it is not to die.</summary>
    /// <param name="failPoint">Where it is to die, such as <c>outbox.marked:3</c>, or null.</param>
    public async Task StartAsync(string? failPoint = null)
    {
        _lives.Add(_start(failPoint));
        if (failPoint is null)
        {
            await WhenAsync(said => said.Any(one => one is { Word: Spoken.Connection, Details: ["Connected", ..] }));
        }
    }

    /// <summary>Has it send messages; returns at once.</summary>
    /// <returns>The texts.</returns>
    public async Task<IReadOnlyList<string>> SendAsync(Application to, int count, int padding = 0)
    {
        var first = _ordinals.GetValueOrDefault(to.User.Value) + 1;
        _ordinals[to.User.Value] = first + count - 1;
        var before = $"{Party.User}|{Party.Device}|{to.User}|";
        await FeedAsync(string.Create(CultureInfo.InvariantCulture, $"send {to.User} {before} {first} {count} {padding}"));
        return [.. Enumerable.Range(first, count).Select(ordinal => string.Create(CultureInfo.InvariantCulture, $"{before}{ordinal}|{new string('x', padding)}"))];
    }

    /// <summary>Sends one message and waits until it is called delivered.</summary>
    public async Task DeliverAsync(Application to)
    {
        await SendAsync(to, 1);
        await DrainAsync();
    }

    /// <summary>Waits until everything that it has sent is delivered.</summary>
    public async Task DrainAsync()
    {
        var before = Count(Spoken.Drained);
        await FeedAsync("drain");
        await Life.WhenOutputAsync(_ => Count(Spoken.Drained) > before);
    }

    /// <summary>Sets its clock.</summary>
    public Task ShiftClockAsync(TimeSpan by) => FeedAsync(string.Create(CultureInfo.InvariantCulture, $"clock {(int)by.TotalSeconds}"));

    /// <summary>Waits until the life that it lives has said enough.</summary>
    public Task WhenAsync(Func<IReadOnlyList<Spoken>, bool> enough) =>
        Life.WhenOutputAsync(lines => enough([.. lines.Select(Spoken.TryParse).OfType<Spoken>()]));

    /// <summary>Waits until something is so, which can only change with what its present life says.</summary>
    public Task WhenAsync(Func<bool> isSo) => Life.WhenOutputAsync(_ => isSo());

    /// <summary>Waits until its present life has said a word so many times.</summary>
    public Task WhenAsync(string word, int times) =>
        Life.WhenOutputAsync(lines => lines.Count >= times && lines.Count(line => line.Contains($" {word} ", StringComparison.Ordinal)) >= times);

    /// <summary>How many of a word it has said in all its lives.</summary>
    public int Count(string word) => Said.Count(one => one.Word == word);

    /// <summary>Waits until it has died by itself.</summary>
    public async Task WhenDeadAsync()
    {
        var code = await Life.EndAsync();
        Assert.True(code == 128 + 9, $"It was to die and ended with {code}.\n{Life.Said}");
    }

    /// <summary>Asks it to end, and waits.</summary>
    public async Task EndAsync()
    {
        if (Life.IsAlive)
        {
            Life.EndInput();
            Assert.Equal(0, await Life.EndAsync());
        }
    }

    private async Task FeedAsync(string line)
    {
        try
        {
            await Life.FeedAsync(line);
        }
        catch (IOException) when (!Life.IsAlive)
        {
            // It has reached the place where it was to die.
        }
    }
}
