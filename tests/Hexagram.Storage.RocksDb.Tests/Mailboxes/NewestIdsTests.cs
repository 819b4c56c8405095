using CsCheck;
using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Tests.Mailboxes;

/// <summary>What is known to be new without asking the store, and never wrongly.</summary>
public sealed class NewestIdsTests
{
    private static readonly UserId Alice = new("alice");

    [Fact]
    public void A_higher_id_is_new_in_a_mailbox_that_never_held_a_message()
    {
        var ids = new NewestIds();
        Assert.False(ids.IsBeyondAll(Alice, Id(5)));

        ids.Appended(Alice, Id(5), batch: 1, isFirst: true, _ => throw new InvalidOperationException("There is nothing to look for."));

        Assert.True(ids.IsBeyondAll(Alice, Id(6)));
        Assert.False(ids.IsBeyondAll(Alice, Id(5)));
        Assert.False(ids.IsBeyondAll(Alice, Id(4)));
        Assert.False(ids.IsBeyondAll(new("carol"), Id(6)));
    }

    [Fact]
    public void What_stands_on_disk_is_asked_for_with_the_first_message_of_a_later_batch()
    {
        var ids = new NewestIds();
        ids.Appended(Alice, Id(5), batch: 1, isFirst: false, _ => Id(9));
        ids.Appended(Alice, Id(6), batch: 1, isFirst: false, _ => throw new InvalidOperationException("What this batch holds is not on disk."));
        Assert.False(ids.IsBeyondAll(Alice, Id(100)));

        ids.Appended(Alice, Id(7), batch: 2, isFirst: false, _ => Id(9));

        Assert.False(ids.IsBeyondAll(Alice, Id(9)));
        Assert.True(ids.IsBeyondAll(Alice, Id(10)));
    }

    [Fact]
    public void It_never_calls_an_id_new_that_is_not() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[1, 30], Gen.Bool).List[1, 80].Sample(appends =>
        {
            var ids = new NewestIds();
            var stored = new List<(int Sender, int Number)>();
            var pending = new List<(int Sender, int Number)>();
            var (batch, some) = (1, appends.Count / 3);
            stored.AddRange(appends.Take(some).Select(append => (append.Item1, append.Item2)));
            foreach (var (sender, number, endsBatch) in appends.Skip(some))
            {
                var user = new UserId($"user{sender}");
                var all = stored.Concat(pending).ToList();
                Assert.False(ids.IsBeyondAll(user, Id(number)) && all.Exists(known => known.Sender == sender && known.Number >= number));
                if (!all.Contains((sender, number)))
                {
                    ids.Appended(user, Id(number), batch, isFirst: all.Count == 0, _ => Highest(stored, sender));
                    pending.Add((sender, number));
                }

                if (endsBatch)
                {
                    stored.AddRange(pending);
                    pending.Clear();
                    batch++;
                }
            }
        }, iter: 20_000);

    private static MessageId? Highest(List<(int Sender, int Number)> ids, int sender) =>
        ids.Exists(known => known.Sender == sender) ? Id(ids.Where(known => known.Sender == sender).Max(known => known.Number)) : null;

    private static MessageId Id(int number) => MessageId.New(DateTimeOffset.UnixEpoch.AddMilliseconds(number), 0, 0);
}
