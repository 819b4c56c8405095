using CsCheck;

namespace Hexagram.Protocol.Tests.Identities;

public class MessageIdTests
{
    [Fact]
    public void The_example_of_the_standard_is_read_as_the_standard_says()
    {
        // RFC 9562, appendix A.6.
        Assert.True(MessageId.TryParse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", out var id));
        Assert.Equal(DateTimeOffset.Parse("2022-02-22T19:22:22.000Z", System.Globalization.CultureInfo.InvariantCulture), id.MadeAt);
        Assert.Equal(Convert.FromHexString("017F22E279B07CC398C4DC0C0C07398F"), id.ToBytes());
        Assert.Equal("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", id.ToString());
    }

    [Fact]
    public void An_id_comes_back_from_its_bytes_and_from_its_text() => AnyId.Sample(id =>
    {
        Assert.True(MessageId.TryRead(id.ToBytes(), out var fromBytes));
        Assert.True(MessageId.TryParse(id.ToString(), out var fromText));
        Assert.Equal((id, id), (fromBytes, fromText));
    });

    [Fact]
    public void An_id_carries_the_time_at_which_it_was_made()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(8)).AddTicks(1_234);
        Assert.Equal(now.AddTicks(-1_234), MessageId.New(now).MadeAt);
        Assert.Equal(now.AddTicks(-1_234), MessageId.New(now, 0, 0).MadeAt);
    }

    [Fact]
    public void The_same_random_bits_make_the_same_id_and_others_make_another()
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(56);
        Assert.Equal(MessageId.New(now, 1, 4), MessageId.New(now, 1, 4));
        Assert.NotEqual(MessageId.New(now, 1, 4), MessageId.New(now, 2, 4));
        Assert.NotEqual(MessageId.New(now, 1, 4), MessageId.New(now, 1, 8));
        Assert.NotEqual(MessageId.New(now), MessageId.New(now));
    }

    [Fact]
    public void A_time_before_1970_has_no_id() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MessageId.New(DateTimeOffset.UnixEpoch.AddMilliseconds(-1), 0, 0));

    [Fact]
    public void A_time_part_beyond_the_year_9999_reads_as_its_end()
    {
        Assert.True(MessageId.TryParse("ffffffff-ffff-7000-8000-000000000000", out var id));
        Assert.Equal(DateTimeOffset.MaxValue, id.MadeAt);
    }

    [Fact]
    public void An_id_needs_room_for_sixteen_bytes() =>
        Assert.Throws<ArgumentException>(() => MessageId.New(DateTimeOffset.UnixEpoch, 0, 0).WriteTo(new byte[15]));

    private static readonly Gen<MessageId> AnyId =
        Gen.Select(Gen.Long[0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()], Gen.ULong, Gen.ULong, (at, high, low) => MessageId.New(DateTimeOffset.FromUnixTimeMilliseconds(at), high, low));
}
