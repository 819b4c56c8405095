using System.Buffers.Binary;

namespace Hexagram.Protocol.Tests.Identities;

/// <summary>A message's id names its trace.</summary>
public sealed class MessageTraceTests
{
    /// <summary>Frozen: two versions side by side must mean the same trace.</summary>
    [Fact]
    public void The_trace_id_is_the_beginning_of_the_hash_of_the_id()
    {
        Assert.True(MessageId.TryParse("01890a5d-ac96-774b-bcce-b302099a8057", out var id));
        Assert.Equal("96f8b57a1c6de83102c60e65156f9a6c", MessageTrace.IdOf(id).ToHexString());
    }

    /// <summary>Samplers take the first eight bytes, or the last, for a number without a pattern; of ids that were made one after the other too.</summary>
    [Fact]
    public void Samplers_find_no_pattern_in_the_trace_ids_of_messages()
    {
        var (first, last) = (0, 0);
        for (var n = 0; n < 10_000; n++)
        {
            var trace = Convert.FromHexString(MessageTrace.IdOf(MessageId.New(DateTimeOffset.UnixEpoch.AddYears(56).AddMilliseconds(n))).ToHexString());
            first += BinaryPrimitives.ReadUInt64BigEndian(trace) < ulong.MaxValue / 10 ? 1 : 0;
            last += BinaryPrimitives.ReadUInt64BigEndian(trace.AsSpan(8)) < ulong.MaxValue / 10 ? 1 : 0;
        }

        // A tenth of them, within more than ten standard deviations.
        Assert.InRange(first, 700, 1_300);
        Assert.InRange(last, 700, 1_300);
    }
}
