using Hexagram.Checking;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation;

/// <summary>Every row of the loss table (PROTOCOL §12), singly and in pairs, and every message still has one effect.</summary>
public sealed class LossTableTests
{
    private const int Messages = 6;

    [Theory]
    [MemberData(nameof(Rows))]
    public void What_is_lost_alone_is_made_good(string first, string second) => IsMadeGood(false, first, second);

    [Theory]
    [MemberData(nameof(Rows))]
    public void What_is_lost_with_its_connection_is_made_good(string first, string second) => IsMadeGood(true, first, second);

    /// <summary>Each loss with each, itself included.</summary>
    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        var losses = Enum.GetValues<Loss>().Where(loss => loss < Loss.Hello).Select(loss => $"{loss}").ToList();
        foreach (var first in losses)
        {
            rows.Add(first, "");
            foreach (var second in losses.Where(second => string.CompareOrdinal(first, second) <= 0))
            {
                rows.Add(first, second);
            }
        }

        return rows;
    }

    private static void IsMadeGood(bool cutsTheConnection, string first, string second)
    {
        Loss[] chosen = [.. new[] { first, second }.Where(name => name.Length > 0).Select(Enum.Parse<Loss>)];
        var world = new World(1) { Losses = new Losses(cutsTheConnection, chosen) };
        var stage = new Stage(world, new Settings(), Canary.None);
        var sender = stage.Device(0);
        stage.StartAll();

        // One at a time: a packet that goes missing inside a living connection is not something a stream transport does,
        // so no order is promised around it; that each message still has one effect is.
        for (var message = 0; message < Messages; message++)
        {
            // Every other one is written before there is a connection, and so waits to be marked as leaving the device.
            var isOffline = message % 2 == 1;
            world.After(TimeSpan.FromMinutes(5 * message) + TimeSpan.FromSeconds(5), () =>
            {
                if (isOffline)
                {
                    sender.Die(withItsMachine: false);
                    sender.Start();
                }

                sender.Send(stage.User(1), padding: 0);
            });
        }

        world.RunUntil(TimeSpan.FromMinutes(5 * (Messages + 4)));
        stage.WriteDownTheEnd();

        Assert.Empty(stage.Ledger.Oddities);
        var verdict = Checker.Judge(stage.Ledger.History);
        Assert.Empty(verdict.Findings);
        Assert.Equal((Messages, Messages, Messages), (verdict.Sent, verdict.Delivered, verdict.Effects));
        Assert.True(world.Losses.AllStruck, "a loss found nothing to strike");
    }
}
