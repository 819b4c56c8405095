using System.Globalization;
using Hexagram.Chaos.Proxy;
using Hexagram.EndToEnd.Faults.Actors;
using Hexagram.EndToEnd.Programs;
using Hexagram.Protocol;

namespace Hexagram.EndToEnd.Faults;

/// <summary>
/// The loss table of the protocol (PROTOCOL §12) with real processes: of the connection between them exactly the named packet is lost,
/// with the tail after it, and what happens then is what the table says.
/// </summary>
public sealed class LossTests(SharedWorlds worlds) : IClassFixture<SharedWorlds>, IAsyncLifetime
{
    private static readonly PacketKind[] Six =
    [
        PacketKind.MessageRequest, PacketKind.MessageAcknowledge, PacketKind.MessageNotify, PacketKind.AckRequest, PacketKind.AckAcknowledge, PacketKind.AckNotify,
    ];

    private Cast _cast = null!;
    private Application _alice = null!;
    private Application _bob = null!;
    private Watch _atAlice = null!;
    private Watch _atBob = null!;
    private int _noted;

    public static TheoryData<Transport> Transports => Transport.All;

    public static TheoryData<Transport, PacketKind, PacketKind> Pairs =>
        [.. Transport.With(Six.SelectMany(first => Six.Where(second => second >= first), (first, second) => (first, second)))
            .Select(one => (one.Data.Item1, one.Data.Item2.first, one.Data.Item2.second)),
        (Transport.Polling, PacketKind.MessageRequest, PacketKind.AckNotify),
        (Transport.Polling, PacketKind.MessageAcknowledge, PacketKind.MessageNotify),
        (Transport.Polling, PacketKind.AckRequest, PacketKind.AckAcknowledge)];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _cast.World.JudgeAsync();

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_lost_msgR_is_sent_again(Transport transport)
    {
        await DeliverWithoutAsync(transport, PacketKind.MessageRequest);
        Assert.True(_atAlice.Count<MessageRequest>() >= 2);
        Assert.Equal(_atAlice.Count<MessageRequest>() - 1, _atAlice.Passed(PacketKind.MessageRequest));
        Assert.Single(_atAlice.Packets<MessageRequest>().DistinctBy(request => request[0]));
        AssertOneEntry();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task After_a_lost_msgA_the_message_is_sent_again_and_found_to_be_a_duplicate(Transport transport)
    {
        await BeginAsync(transport);

        // A confirmation that is back before Alice is would spare her the second msg:R.
        Assert.Equal(1, _bob.Proxy.Freeze(Ways.ToServer));
        var loss = _alice.Proxy.Lose(PacketKind.MessageAcknowledge);
        await _alice.SendAsync(_bob, 1);
        await loss.Struck.WaitAsync(RunningProgram.Patience);
        await _alice.WhenAsync(() => _atAlice.Count<MessageAcknowledge>() >= 1);
        Assert.True(_atAlice.Passed(PacketKind.MessageRequest) >= 2);
        Assert.Equal(1, _bob.Proxy.Thaw());
        await _alice.DrainAsync();
        AssertOneEntry();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_lost_msgN_is_replayed_from_the_cursor_when_the_recipient_reconnects(Transport transport)
    {
        await DeliverWithoutAsync(transport, PacketKind.MessageNotify);
        var welcome = Assert.Single(_atBob.Packets<Welcome>());
        var notified = _atBob.Packets<MessageNotify>()[0];
        Assert.Equal(Number(welcome[0]) + 1, Number(notified[1]));
        AssertOneEntry();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task After_a_lost_ackR_the_cursor_in_Hello_confirms_and_nothing_is_handled_again(Transport transport)
    {
        await DeliverWithoutAsync(transport, PacketKind.AckRequest);
        var hello = Assert.Single(_atBob.Packets<Hello>());
        Assert.Equal(_atBob.Packets<MessageNotify>()[0][1], hello[0]);
        Assert.Equal(0, _atBob.Passed(PacketKind.AckRequest));
        AssertOneEntry();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task After_a_lost_ackA_the_next_confirmation_repeats_the_lost_one(Transport transport)
    {
        await DeliverWithoutAsync(transport, PacketKind.AckAcknowledge);
        await _bob.WhenAsync(() => _atBob.Count<Welcome>() == 1);
        var before = _atBob.Packets<AckRequest>()[0];
        await _alice.DeliverAsync(_bob);
        var confirmed = _atBob.Packets<AckRequest>()[^1];
        Assert.Equal(Number(before[0]) + 1, Number(confirmed[0]));
        Assert.Equal(2, _atBob.Packets<MessageNotify>().DistinctBy(notified => notified[0]).Count());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task After_a_lost_ackN_the_sender_learns_it_and_the_recipient_hears_nothing(Transport transport)
    {
        await DeliverWithoutAsync(transport, PacketKind.AckNotify);
        Assert.True(_atAlice.Count<StatusRequest>() + _atAlice.Count<MessageRequest>() >= 2);
        Assert.Equal(1, _atBob.Count<MessageNotify>());
        AssertOneEntry();
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Any_two_lost_packets_are_made_good(Transport transport, PacketKind first, PacketKind second)
    {
        await BeginAsync(transport);
        PacketLoss[] losses = [ProxyOf(first).Lose(first), ProxyOf(second).Lose(second)];
        for (var messages = 0; losses.Any(loss => !loss.Struck.IsCompleted); messages++)
        {
            // A confirmation that the cursor in Hello has made good is not sent again: the second one of its kind comes with the next message.
            Assert.InRange(messages, 0, 10);
            await _alice.DeliverAsync(_bob);
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_msgN_that_hangs_is_notified_again_by_the_senders_timer_and_taken_once(Transport transport)
    {
        await BeginAsync(transport);
        var hasty = await _cast.HastyAsync();
        var atHasty = new Watch(hasty);
        Assert.Equal(1, _bob.Proxy.Freeze(Ways.ToClient));
        await hasty.SendAsync(_bob, 1);
        await hasty.WhenAsync(() => atHasty.Count<MessageAcknowledge>() >= 2);
        Assert.Equal(1, _bob.Proxy.Thaw());
        await hasty.DrainAsync();
        await _bob.WhenAsync(() => _atBob.Count<MessageNotify>() >= 2);
        var notified = _atBob.Packets<MessageNotify>();
        Assert.Equal(bool.FalseString, notified[0][2]);
        Assert.All(notified.Skip(1), again => Assert.Equal((notified[0][0], bool.TrueString), (again[0], again[2])));
        AssertOneEntry();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task An_ackN_that_hangs_is_repeated_on_the_senders_timer_and_the_recipient_hears_nothing(Transport transport)
    {
        await BeginAsync(transport);
        var hasty = await _cast.HastyAsync();
        var atHasty = new Watch(hasty);
        Assert.Equal(1, _bob.Proxy.Freeze(Ways.ToServer));
        await hasty.SendAsync(_bob, 1);
        await hasty.WhenAsync(() => atHasty.Count<MessageAcknowledge>() >= 1);
        Assert.Equal(1, hasty.Proxy.Freeze(Ways.ToClient));
        var notified = _atBob.Passed(PacketKind.MessageNotify);
        Assert.Equal(1, _bob.Proxy.Thaw());
        await _bob.WhenAsync(() => _atBob.Count<AckAcknowledge>() >= 1);
        var sent = atHasty.Count<MessageRequest>();
        await hasty.WhenAsync(() => atHasty.Count<MessageRequest>() > sent);
        Assert.Equal(1, hasty.Proxy.Thaw());
        await hasty.DrainAsync();
        await hasty.WhenAsync(() => atHasty.Count<AckNotify>() >= 2);
        Assert.InRange(_atBob.Passed(PacketKind.MessageNotify), notified, notified + 1);
        AssertOneEntry();
    }

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);

    private static bool IsOfSender(PacketKind kind) => kind is PacketKind.MessageRequest or PacketKind.MessageAcknowledge or PacketKind.AckNotify;

    private FaultProxy ProxyOf(PacketKind kind) => (IsOfSender(kind) ? _alice : _bob).Proxy;

    private async Task BeginAsync(Transport transport)
    {
        _cast = await worlds.OnAsync(transport);
        (_alice, _bob) = (_cast.Alice, _cast.Bob);
        (_atAlice, _atBob) = (new Watch(_alice), new Watch(_bob));
        _noted = Ledger.Read(_bob.Folder).Count;
    }

    /// <summary>Delivers one message from Alice to Bob, of which one packet is lost.</summary>
    private async Task DeliverWithoutAsync(Transport transport, PacketKind kind)
    {
        await BeginAsync(transport);
        var loss = ProxyOf(kind).Lose(kind);
        await _alice.DeliverAsync(_bob);
        await loss.Struck.WaitAsync(RunningProgram.Patience);
        Assert.Equal(1, (IsOfSender(kind) ? _atAlice : _atBob).Struck(FaultKind.Lose));
    }

    /// <summary>However often it was sent and notified: one entry in the mailbox, one effect.</summary>
    private void AssertOneEntry()
    {
        Assert.Single(_atBob.Packets<MessageNotify>().DistinctBy(notified => notified[1]));
        Assert.Equal(1, Ledger.Read(_bob.Folder).Count - _noted);
    }
}
