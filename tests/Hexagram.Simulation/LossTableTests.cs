using Hexagram.Protocol;
using Hexagram.Simulation.Checking;
using Hexagram.Simulation.Engine;
using Hexagram.Simulation.Virtual;

namespace Hexagram.Simulation;

/// <summary>Every row of the loss table (PROTOCOL §12), singly and in pairs, and every message still has one effect.</summary>
public sealed class LossTableTests
{
    private static readonly UserId Bob = new("bob");

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
        var losses = Enum.GetNames<Loss>();
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
        var losses = new Losses(cutsTheConnection, chosen);
        var world = new World(1) { Losses = losses };
        var history = new History(world);
        var store = new VirtualStore(world, Canary.None, unconfirmedMax: 1_000);
        var node = new VirtualNode(world, store, new VirtualRouter(world), Canary.None, "node");
        var sender = new VirtualDevice(world, [node], store, history, Canary.None, new UserId("alice"), "alice");
        var recipient = new VirtualDevice(world, [node], store, history, Canary.None, Bob, "bob");
        node.Start();
        sender.Start();
        recipient.Start();

        // One at a time: a packet that goes missing inside a living connection is not something a stream transport does,
        // so no order is promised around it; that each message still has one effect is.
        for (var message = 0; message < 4; message++)
        {
            world.After(TimeSpan.FromMinutes(5 * message) + TimeSpan.FromSeconds(5), () => sender.Send(Bob));
        }

        world.RunUntil(TimeSpan.FromMinutes(40));

        Assert.Empty(history.Faults);
        Assert.Equal(4, history.SentCount);
        Assert.All(history.All, message => Assert.True(history.Handled("bob", message), $"{message.Text} is lost"));
        Assert.True(sender.HasNothingWaiting, "the sender still waits");
        Assert.True(losses.AllStruck, "a loss found nothing to strike");
    }
}
