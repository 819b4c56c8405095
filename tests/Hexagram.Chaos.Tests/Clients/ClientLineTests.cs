using Hexagram.Chaos.Clients;
using Hexagram.Checking;
using Hexagram.Protocol;

namespace Hexagram.Chaos.Tests.Clients;

public sealed class ClientLineTests
{
    private static readonly TrackedMessage Message = new(new Party(new UserId("alice"), new DeviceId("phone")), new UserId("bob"), 7);

    [Theory]
    [InlineData("")]
    [InlineData("phone")]
    [InlineData("a reason with several words")]
    public void A_line_reads_back(string rest)
    {
        Assert.True(ClientLine.TryParse(ClientLine.Format(ClientWord.Handling, Message, rest), out var line));
        Assert.Equal((ClientWord.Handling, Message, rest), (line.Word, line.Message, line.Rest));
        Assert.True(ClientLine.TryParse(ClientLine.Format(ClientWord.Outbox, null, rest), out var other));
        Assert.Null(other.Message);
    }

    [Fact]
    public void A_line_that_a_kill_has_cut_off_is_not_read()
    {
        var line = ClientLine.Format(ClientWord.Sent, Message);
        // The last piece of a line is empty for most words, so what is missing may be no more than a space.
        Assert.All(Enumerable.Range(0, line.Length), length => Assert.False(ClientLine.TryParse(line[..length], out _)));
    }
}
