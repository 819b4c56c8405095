using System.Text;
using CsCheck;

namespace Hexagram.Protocol.Tests.Identities;

/// <summary>Users, devices and the numbers (PROTOCOL §2). Which texts are valid is in the vectors.</summary>
public class IdentityTests
{
    [Fact]
    public void What_parses_can_be_made_and_what_cannot_be_made_does_not_parse() => Gen.String[0, 80].Sample(text =>
    {
        if (UserId.TryParse(text, out var user))
        {
            Assert.Equal(new UserId(text), user);
            Assert.Equal(text, user.Value);
            Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
        }
        else
        {
            Assert.Throws<ArgumentException>(() => new UserId(text));
        }

        if (DeviceId.TryParse(text, out var device))
        {
            Assert.Equal(new DeviceId(text), device);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => new DeviceId(text));
        }
    });

    [Fact]
    public void A_fault_says_what_is_wrong()
    {
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => new UserId("")).Message, StringComparison.Ordinal);
        Assert.Contains("white space", Assert.Throws<ArgumentException>(() => new DeviceId("a b")).Message, StringComparison.Ordinal);
        Assert.Contains("64 bytes", Assert.Throws<ArgumentException>(() => new DeviceId(new string('a', 65))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_no_identity()
    {
        Assert.False(UserId.TryParse(null, out _));
        Assert.False(DeviceId.TryParse(null, out _));
        Assert.False(MessageId.TryParse(null, out _));
        Assert.Throws<InvalidOperationException>(() => default(UserId).Value);
        Assert.Throws<InvalidOperationException>(() => default(DeviceId).Value);
        Assert.Equal("", default(UserId).ToString());
    }

    [Fact]
    public void Identities_are_compared_byte_by_byte()
    {
        Assert.NotEqual(new UserId("bob"), new UserId("Bob"));

        // The same letter, composed and decomposed.
        Assert.NotEqual(new UserId("\u00E9"), new UserId("e\u0301"));
    }

    [Fact]
    public void Sequences_count_and_compare()
    {
        var five = new Sequence(5);
        Assert.Equal(new Sequence(6), five.Next);
        Assert.Equal(new Sequence(4), five.Previous);
        Assert.Equal(new Sequence(9), five + 4);
        Assert.Equal(3, new Sequence(8) - five);
        Assert.Equal(five, Sequence.Max(five, five.Previous));
        Assert.Equal(five, Sequence.Min(five, five.Next));
        Assert.True(five < five.Next && five <= five.Next && five.Next > five && five.Next >= five);
        Assert.True(five <= new Sequence(5) && five >= new Sequence(5));
        Assert.Equal("5", five.ToString());
        Assert.Throws<OverflowException>(() => new Sequence(long.MaxValue).Next);
    }

    [Fact]
    public void Connection_numbers_and_epochs_are_written_as_the_protocol_has_them()
    {
        Assert.Equal(new ConnectionNumber(8), new ConnectionNumber(7).Next);
        Assert.Equal("7", new ConnectionNumber(7).ToString());
        Assert.Equal("5eed0000c0ffee01", new Epoch(0x5eed0000c0ffee01).ToString());
        Assert.Equal("0000000000000000", Epoch.None.ToString());
    }
}
