using Hexagram.Chaos.Faults;
using Hexagram.Processes;

namespace Hexagram.Chaos.Tests.Faults;

public sealed class FaultReachTests
{
    [Fact]
    public void Requests_cannot_be_merged_and_everything_else_can_strike_everywhere()
    {
        foreach (var transport in Enum.GetValues<Transport>())
        {
            var beyond = Enum.GetValues<Fault>().Where(fault => !fault.Reaches([transport]));
            Assert.Equal(transport == Transport.Polling ? [Fault.Merge] : [], beyond);
        }
    }

    [Fact]
    public void No_packet_can_be_chosen_from_what_is_encrypted()
    {
        var beyond = Enum.GetValues<Fault>().Where(fault => !fault.Reaches([Transport.Tcp], withTls: true));
        Assert.Equal([Fault.LoseMsgR, Fault.LoseMsgA, Fault.LoseMsgN, Fault.LoseAckR, Fault.LoseAckA, Fault.LoseAckN], beyond);
    }

    [Fact]
    public void A_fault_can_strike_when_some_clients_are_within_its_reach() =>
        Assert.True(Fault.Merge.Reaches([Transport.Polling, Transport.Tcp]));
}
