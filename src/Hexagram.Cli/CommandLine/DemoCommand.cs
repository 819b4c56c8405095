using System.CommandLine;
using Hexagram.Cli.Demonstrating;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram demo</c>.</summary>
internal static class DemoCommand
{
    /// <summary>The command; it has no options of its own.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var command = new DocumentedCommand("demo", "Show in a quarter of a minute what Hexagram does: one message, then many while things break.")
        {
            Epilogue = """
                It starts a server in a process of its own, on a free port and in a fresh folder, and two people who keep their state on disk. The first
                message is slowed down, so that its six lines can be seen as they pass. Then both write to each other while each kind of packet is
                lost, with its connection, and while the server is killed and started again, twice. At the end every message is counted
                where it was sent, where it was handled and where its delivery was told. The process and the folder are removed, also after Ctrl-C.

                Examples:
                  hexagram demo
                  hexagram demo --json

                JSON, one object per event, and the count as the last one:
                  {"act":"…","seconds":0.012}
                  {"line":1,"packet":"msg:R","at":"2026-01-02T03:04:05.678Z","seconds":2.345}
                  {"lost":"msg:N","seconds":5.678}   {"killed":4242,"seconds":6.789}
                  {"passed":true,"sent":437,"delivered":437,"lost":0,"twice":0,"outOfOrder":0,"wrong":0,"packetsLost":12,"serverKills":2,"seconds":12.3}

                Exit codes:
                  0 everything arrived, once and in order   1 it did not, or it was stopped, or cannot run   2 usage
                """,
        };
        HexagramCommandLine.SetAction(command, shared, surroundings, (_, screen) => DemoRun.RunAsync(screen, surroundings));
        return command;
    }
}
