using System.Threading.Channels;
using Hexagram.Chaos.Proxy;
using Hexagram.Cli.Drawing;

namespace Hexagram.Cli.Demonstrating;

/// <summary>What a demonstration is at, for whoever shows it. Written by the run, read by the show; thread-safe.</summary>
internal sealed class DemoScene(WatchedMessage watched, DemoLedger ledger, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly int[] _lost = new int[SixLines.Names.Count];
    private readonly long _began = time.GetTimestamp();
    private string _act = "";
    private readonly Channel<DemoEvent> _events = Channel.CreateUnbounded<DemoEvent>(new UnboundedChannelOptions { SingleReader = true });
    private int _kills;

    /// <summary>What happens, in order, until the end. For one reader.</summary>
    public ChannelReader<DemoEvent> Events => _events.Reader;

    /// <summary>The message whose lines are drawn.</summary>
    public WatchedMessage Watched { get; } = watched;

    /// <summary>What is going on, in one sentence.</summary>
    public string Act
    {
        get
        {
            lock (_gate)
            {
                return _act;
            }
        }
    }

    /// <summary>How often each of the six packets was lost on purpose, line 1 first.</summary>
    public IReadOnlyList<int> Lost
    {
        get
        {
            lock (_gate)
            {
                return [.. _lost];
            }
        }
    }

    /// <summary>How often the server was killed.</summary>
    public int Kills => Volatile.Read(ref _kills);

    /// <summary>How the messages stand.</summary>
    public DemoCount Count => ledger.Count();

    /// <summary>How long it has run.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_began);

    /// <summary>The next act begins.</summary>
    public void Begin(string act)
    {
        lock (_gate)
        {
            _act = act;
        }

        Tell(new DemoEvent.Act(act));
    }

    /// <summary>A line of the watched message has lit up.</summary>
    public void Lit(LitLine line) => Tell(new DemoEvent.Line(line));

    /// <summary>A packet was lost on purpose.</summary>
    public void Lose(PacketKind kind)
    {
        lock (_gate)
        {
            _lost[(int)kind - 1]++;
        }

        Tell(new DemoEvent.Loss(SixLines.Names[(int)kind - 1]));
    }

    /// <summary>The server was killed on purpose.</summary>
    public void Kill(int process)
    {
        Interlocked.Increment(ref _kills);
        Tell(new DemoEvent.Kill(process));
    }

    /// <summary>Nothing more will happen.</summary>
    public void End() => _events.Writer.TryComplete();

    // Told from where packets pass, which nothing may hold up: so it is only put into a queue.
    private void Tell(DemoEvent happened) => _events.Writer.TryWrite(happened);
}

/// <summary>Something that happens in a demonstration.</summary>
internal abstract record DemoEvent
{
    private DemoEvent()
    {
    }

    /// <summary>The next act.</summary>
    public sealed record Act(string Words) : DemoEvent;

    /// <summary>A line of the watched message.</summary>
    public sealed record Line(LitLine Lit) : DemoEvent;

    /// <summary>A packet was lost.</summary>
    public sealed record Loss(string Packet) : DemoEvent;

    /// <summary>The server was killed.</summary>
    public sealed record Kill(int Process) : DemoEvent;
}
