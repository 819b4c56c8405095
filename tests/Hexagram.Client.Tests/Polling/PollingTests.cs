using System.Net;
using System.Threading.Channels;
using Hexagram.Client.Connections;
using Hexagram.Client.Connections.Polling;
using Hexagram.Client.Tests.Scripted;
using Hexagram.Protocol.Codec;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Client.Tests.Polling;

/// <summary>A connection that is made of requests (PROTOCOL §14.6).</summary>
public sealed class PollingTests : IAsyncDisposable
{
    private static readonly Epoch OldEpoch = new(0xE0);
    private static readonly TimeSpan GatherMax = TimeSpan.FromMilliseconds(100);
    private readonly WatchedTime _time = new(ScriptedConnection.PlainWelcome.ServerTime);
    private readonly ScriptedHttp _server = new();
    private readonly PollingTransport _transport;

    public PollingTests() => _transport = _server.Transport(_time);

    private static Welcome Welcome(long resumeAfter, long last = 0) =>
        ScriptedConnection.PlainWelcome with { ResumeAfter = new(resumeAfter), Last = new(Math.Max(last, resumeAfter)) };

    public async ValueTask DisposeAsync()
    {
        await _transport.DisposeAsync().AsTask().Within();
        _server.Dispose();
    }

    [Fact]
    public async Task The_first_poll_is_not_held_and_brings_the_Welcome()
    {
        var first = await HelloAsync();

        Assert.Equal("Bearer a.token", $"{first.Authorization}");
        Assert.Equal((TimeSpan.Zero, "", 5L, OldEpoch), (first.Poll.Hold!.Value, first.Poll.Hello.Token, first.Poll.Hello.Cursor.Value, first.Poll.Hello.Epoch));
        first.Says(Welcome(3), Entry(4));

        Assert.Equal([Welcome(3), Entry(4)], await ReceiveAsync(2));
    }

    [Fact]
    public async Task The_next_poll_goes_on_where_the_Welcome_and_its_entries_have_led()
    {
        var next = await ConnectedAsync(3);

        Assert.Equal((ScriptedConnection.Epoch, 3L, 3L), (next.Poll.Hello.Epoch, next.Poll.Hello.Cursor.Value, next.Poll.Received!.Value.Value));
        Assert.Equal(TimeSpan.FromSeconds(25), next.Poll.Hold);
        Assert.Equal(7, next.Poll.Hello.Connection.Value);
    }

    [Fact]
    public async Task Entries_that_are_confirmed_soon_cost_no_poll_of_their_own()
    {
        var poll = await ConnectedAsync(3);
        poll.Says(Welcome(3), Entry(4), Entry(5));
        await ReceiveAsync(2);

        await ConfirmAsync(4);
        await ConfirmAsync(5);
        var next = await _server.NextAsync("poll");

        Assert.Equal((5L, 5L), (next.Poll.Hello.Cursor.Value, next.Poll.Received!.Value.Value));
        Assert.Equal(0, _server.Waiting);
    }

    [Fact]
    public async Task Entries_that_take_their_time_are_received_and_take_their_bytes_off_the_window()
    {
        var poll = await ConnectedAsync(3);
        poll.Says(Welcome(3), Entry(4), Entry(5));
        await ReceiveAsync(2);

        var next = await AfterAsync(GatherMax, _server.NextAsync("poll"));

        Assert.Equal((3L, 5L), (next.Poll.Hello.Cursor.Value, next.Poll.Received!.Value.Value));
        Assert.Equal(ProtocolLimits.WindowBytesDefault - 10, next.Poll.Hello.WindowBytes);
    }

    [Fact]
    public async Task A_confirmation_takes_the_place_of_the_poll_that_is_held()
    {
        var poll = await ConnectedAsync(3);
        poll.Says(Welcome(3), Entry(4));
        await ReceiveAsync(1);
        var held = await AfterAsync(GatherMax, _server.NextAsync("poll"));

        await ConfirmAsync(4);
        var next = await _server.NextAsync("poll");
        Assert.Equal((4L, 4L), (next.Poll.Hello.Cursor.Value, next.Poll.Received!.Value.Value));
        held.Says(Welcome(3));

        // That it has come back says that the cursor of the other is applied.
        Assert.Equal([new AckAcknowledge(ScriptedConnection.Epoch, new(4))], (await ReceiveAsync(1)).Skip(0));
        next.Says(Welcome(4), Entry(5));
        Assert.Contains(Entry(5), await ReceiveAsync(1));
    }

    [Fact]
    public async Task Ten_messages_that_are_handled_one_after_the_other_cost_one_poll_for_each_100_ms_and_one_for_the_last()
    {
        var held = await HandlingAsync(10);

        await ConfirmAsync(1);
        await _time.SetAsync(GatherMax);
        for (var sequence = 2; sequence <= 9; sequence++)
        {
            await ConfirmAsync(sequence);
        }

        _time.Advance(GatherMax - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _server.Waiting);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var gathered = await _server.NextAsync("poll");
        held.Says(Welcome(0));
        await ReceiveAsync(1);
        await ConfirmAsync(10);
        var last = await _server.NextAsync("poll");

        Assert.Equal((9L, 10L), (gathered.Poll.Hello.Cursor.Value, last.Poll.Hello.Cursor.Value));
        Assert.Equal(0, _server.Waiting);
    }

    [Fact]
    public async Task What_comes_meanwhile_lets_no_confirmation_wait_for_longer()
    {
        var held = await HandlingAsync(2);
        await ConfirmAsync(1);
        await _time.SetAsync(GatherMax);

        _time.Advance(TimeSpan.FromMilliseconds(60));
        held.Says(Welcome(0), Entry(3));
        Assert.Contains(Entry(3), await ReceiveAsync(1));
        _time.Advance(TimeSpan.FromMilliseconds(40));

        var next = await _server.NextAsync("poll");
        Assert.Equal((1L, 3L), (next.Poll.Hello.Cursor.Value, next.Poll.Received!.Value.Value));
    }

    [Fact]
    public async Task What_has_gathered_goes_at_once_with_the_poll_that_follows_one_that_was_cut()
    {
        var held = await HandlingAsync(2);
        _time.Advance(TimeSpan.FromSeconds(12));
        await ConfirmAsync(1);
        await _time.SetAsync(GatherMax);

        held.Cut();

        Assert.Equal(1, (await _server.NextAsync("poll")).Poll.Hello.Cursor.Value);
    }

    [Fact]
    public async Task While_two_polls_are_without_an_answer_what_has_gathered_waits_for_one_of_them()
    {
        var held = await HandlingAsync(4);
        await ConfirmAsync(1);
        await GatheredAsync();
        await _server.NextAsync("poll");
        await ConfirmAsync(2);
        await GatheredAsync();
        Assert.Equal(0, _server.Waiting);
        await ConfirmAsync(3);

        held.Says(Welcome(0));

        Assert.Equal(3, (await _server.NextAsync("poll")).Poll.Hello.Cursor.Value);
    }

    [Fact]
    public async Task The_poll_whose_place_was_taken_may_come_back_after_the_other()
    {
        var held = await HandlingAsync(3);
        await ConfirmAsync(1);
        await GatheredAsync();
        (await _server.NextAsync("poll")).Says(Welcome(1), Entry(4));
        await ReceiveAsync(2);

        held.Says(Welcome(0));
        Assert.True(await _transport.WaitToReadAsync(default).AsTask().Within());
        await GatheredAsync();

        var next = await _server.NextAsync("poll");
        Assert.Equal((1L, 4L), (next.Poll.Hello.Cursor.Value, next.Poll.Received!.Value.Value));
    }

    [Fact]
    public async Task A_proxy_that_cuts_is_asked_for_less_time_and_the_connection_goes_on()
    {
        var poll = await ConnectedAsync(3);

        _time.Advance(TimeSpan.FromSeconds(12));
        poll.Cut();
        var next = await _server.NextAsync("poll");

        Assert.Equal((3L, TimeSpan.FromSeconds(9)), (next.Poll.Hello.Cursor.Value, next.Poll.Hold!.Value));
        next.Says(Welcome(3), Entry(4));
        Assert.Contains(Entry(4), await ReceiveAsync(1));
    }

    [Fact]
    public async Task A_proxys_own_page_is_a_loss_like_any_other()
    {
        var poll = await ConnectedAsync(3);

        _time.Advance(TimeSpan.FromSeconds(20));
        poll.AnswerWith(HttpStatusCode.GatewayTimeout, "text/html", "<h1>504</h1>"u8);

        Assert.Equal(TimeSpan.FromSeconds(15), (await _server.NextAsync("poll")).Poll.Hold!.Value);
    }

    [Fact]
    public async Task A_poll_that_is_lost_at_once_is_the_end_of_the_connection()
    {
        var poll = await ConnectedAsync(3);

        poll.Cut();

        await Assert.ThrowsAsync<IOException>(() => _transport.WaitToReadAsync(default).AsTask().Within());
    }

    [Theory]
    [InlineData(0xE2, 3)]
    [InlineData(0xE1, 4)]
    public async Task A_mailbox_that_is_no_longer_the_same_is_the_end_of_the_connection(ulong epoch, long resumeAfter)
    {
        var poll = await ConnectedAsync(3);

        poll.Says(Welcome(resumeAfter) with { Epoch = new(epoch) });

        await Assert.ThrowsAsync<IOException>(() => _transport.WaitToReadAsync(default).AsTask().Within());
    }

    [Fact]
    public async Task A_problem_is_a_Goodbye_and_what_was_said_before_it_counts()
    {
        var poll = await ConnectedAsync(3);
        var goodbye = new Goodbye(ErrorCode.Restarting, "back soon", TimeSpan.FromSeconds(7));

        poll.Fails(goodbye, Welcome(3), Entry(4));

        Assert.Equal([Entry(4), goodbye], await ReceiveAsync(2));
        Assert.False(await _transport.WaitToReadAsync(default).AsTask().Within());
    }

    [Fact]
    public async Task An_answer_with_nothing_that_comes_too_soon_is_waited_with()
    {
        var poll = await ConnectedAsync(3);

        poll.Says(Welcome(3));
        await ReceiveAsync(1);
        Assert.Equal(0, _server.Waiting);

        await AfterAsync(TimeSpan.FromSeconds(1), _server.NextAsync("poll"));
    }

    [Fact]
    public async Task An_answer_with_nothing_that_comes_too_soon_keeps_no_confirmation_waiting()
    {
        var held = await HandlingAsync(2);

        held.Says(Welcome(0));
        await _time.SetAsync(GatherMax);
        await ConfirmAsync(1);
        _time.Advance(GatherMax);

        Assert.Equal(1, (await _server.NextAsync("poll")).Poll.Hello.Cursor.Value);
    }

    [Fact]
    public async Task Messages_go_one_request_after_the_other_and_gather_meanwhile()
    {
        await ConnectedAsync(0);
        MessageRequest[] messages = [Message("bob"), Message("bob"), Message("carol")];

        await SendAsync(messages[0]);
        var first = await _server.NextAsync("messages");
        await SendAsync(messages[1]);
        await SendAsync(messages[2]);
        Assert.Equal(0, _server.Waiting);
        first.Says(Accept(messages[0]));

        var second = await _server.NextAsync("messages");
        Assert.Equal([messages[0]], first.Messages.Requests);
        Assert.Equal(messages[1..], second.Messages.Requests);
        Assert.Contains(Accept(messages[0]), await ReceiveAsync(1));
    }

    [Fact]
    public async Task What_the_server_holds_back_is_brought_along_until_it_is_sent_again()
    {
        await ConnectedAsync(0);
        var (held, behind, other) = (Message("bob"), Message("bob"), Message("carol"));
        var error = new Error(ErrorCode.MailboxFull, "full", held.Id, held.To, TimeSpan.FromSeconds(1));

        await SendAsync(held);
        (await _server.NextAsync("messages")).Says(error);
        await SendAsync(behind);
        var overtaking = await _server.NextAsync("messages");
        overtaking.Says(error with { Id = behind.Id });
        await SendAsync(other);
        var elsewhere = await _server.NextAsync("messages");
        elsewhere.Says(Accept(other));
        await SendAsync(held);
        var again = await _server.NextAsync("messages");
        again.Says(Accept(held));
        await SendAsync(behind);
        var after = await _server.NextAsync("messages");

        Assert.Equal([error], overtaking.Messages.Held);
        Assert.Empty(elsewhere.Messages.Held);
        Assert.Equal([error], again.Messages.Held);
        Assert.Empty(after.Messages.Held);
    }

    [Fact]
    public async Task A_status_goes_between_the_messages_around_it()
    {
        await ConnectedAsync(0);
        var (before, after) = (Message("bob"), Message("bob"));

        await SendAsync(before, new StatusRequest(new("bob"), [before.Id]), after);

        (await _server.NextAsync("messages")).Says(Accept(before));
        (await _server.NextAsync("status")).Says(new StatusAcknowledge(new("bob"), [new(before.Id, MessageState.Accepted)]));
        Assert.Equal([after], (await _server.NextAsync("messages")).Messages.Requests);
    }

    [Fact]
    public async Task Messages_that_are_lost_are_the_end_of_the_connection()
    {
        await ConnectedAsync(0);
        await SendAsync(Message("bob"));

        (await _server.NextAsync("messages")).Cut();

        await Assert.ThrowsAsync<IOException>(() => _transport.WaitToReadAsync(default).AsTask().Within());
    }

    [Fact]
    public async Task Large_messages_are_sent_apart()
    {
        await ConnectedAsync(0);
        var large = new string('x', 600_000);

        await SendAsync(Message("bob", large), Message("bob", large), Message("bob", "small"));

        var first = await _server.NextAsync("messages");
        Assert.Single(first.Messages.Requests);
        first.Says(Accept(first.Messages.Requests[0]));
        Assert.Equal(2, (await _server.NextAsync("messages")).Messages.Requests.Count);
    }

    [Fact]
    public async Task Whoever_leaves_says_so_and_confirms_with_it()
    {
        var poll = await ConnectedAsync(3);
        poll.Says(Welcome(3), Entry(4));
        await ReceiveAsync(1);
        await ConfirmAsync(4);
        var held = await _server.NextAsync("poll");

        var leaving = _transport.LeaveAsync(Confirmation(4));
        var last = await _server.NextAsync("poll");
        held.Says(Welcome(4));
        last.Says(Welcome(4));

        await leaving.Within();
        Assert.Equal((true, 4L), (last.Poll.Leaves, last.Poll.Hello.Cursor.Value));
    }

    [Fact]
    public async Task What_has_gathered_leaves_at_once_with_the_client()
    {
        await HandlingAsync(2);
        await ConfirmAsync(1);
        await _time.SetAsync(GatherMax);

        var leaving = _transport.LeaveAsync(Confirmation(1));
        var last = await _server.NextAsync("poll");
        last.Says(Welcome(1));

        await leaving.Within();
        Assert.Equal((true, 1L), (last.Poll.Leaves, last.Poll.Hello.Cursor.Value));
    }

    [Fact]
    public async Task A_confirmation_that_is_not_written_yet_leaves_with_the_client()
    {
        await HandlingAsync(2);
        var options = new HexagramClientOptions { Server = new("http://chat.example"), Store = ClientStore.InMemory(), TimeProvider = _time };
        var neverWrites = new Connection(_transport, store: null!, options);
        neverWrites.Confirm(Confirmation(2));

        var closing = neverWrites.CloseAsync(options.CloseTimeout);
        var last = await _server.NextAsync("poll");
        last.Says(Welcome(2));

        Assert.Equal((true, 2L), (last.Poll.Leaves, last.Poll.Hello.Cursor.Value));
        neverWrites.Acknowledged((AckAcknowledge)Assert.Single(await ReceiveAsync(1)));
        await closing.Within();
    }

    private static MessageNotify Entry(long sequence) => new(
        new(sequence),
        MessageId.New(ScriptedConnection.PlainWelcome.ServerTime, 0, (ulong)sequence),
        new UserId("bob"),
        ScriptedConnection.PlainWelcome.ServerTime,
        "hello",
        Redelivered: false);

    private static MessageRequest Message(string to, string text = "hello") => new(MessageId.New(ScriptedConnection.PlainWelcome.ServerTime), new(to), text);

    private static AckRequest Confirmation(long upTo) => new(ScriptedConnection.Epoch, new(upTo));

    private static MessageAcknowledge Accept(MessageRequest request) => new(request.Id, ScriptedConnection.PlainWelcome.ServerTime);

    private async Task<ScriptedHttp.Asked> HelloAsync()
    {
        await SendAsync(new Hello("a.token", new("phone"), new(7), OldEpoch, new(5), 256, ProtocolLimits.WindowBytesDefault, StreamStart.Oldest, "test/1"));
        return await _server.NextAsync("poll");
    }

    /// <summary>Welcomed; the poll that is then held.</summary>
    private async Task<ScriptedHttp.Asked> ConnectedAsync(long resumeAfter)
    {
        (await HelloAsync()).Says(Welcome(resumeAfter));
        await ReceiveAsync(1);
        return await _server.NextAsync("poll");
    }

    /// <summary>So many have come, of which the handler has finished none within 100 ms; the poll that is then held.</summary>
    private async Task<ScriptedHttp.Asked> HandlingAsync(int count)
    {
        var poll = await ConnectedAsync(0);
        poll.Says([Welcome(0, count), .. Enumerable.Range(1, count).Select(sequence => Entry(sequence))]);
        await ReceiveAsync(count);
        await GatheredAsync();
        return await _server.NextAsync("poll");
    }

    private async Task GatheredAsync()
    {
        await _time.SetAsync(GatherMax);
        _time.Advance(GatherMax);
    }

    private async Task SendAsync(params Packet[] packets)
    {
        Array.ForEach(packets, _transport.Write);
        await _transport.FlushAsync(default);
    }

    private Task ConfirmAsync(long upTo) => SendAsync(Confirmation(upTo));

    private async Task<IReadOnlyList<Packet>> ReceiveAsync(int count)
    {
        var packets = new List<Packet>();
        while (packets.Count < count && await _transport.WaitToReadAsync(default).AsTask().Within())
        {
            while (_transport.TryRead(int.MaxValue, out var read) == PacketReadOutcome.Packet)
            {
                packets.Add(read.Packet!);
            }
        }

        return packets;
    }

    /// <summary>Moves the clock on until it happens: a timer may be set a moment after what the test has waited for.</summary>
    private async Task<T> AfterAsync<T>(TimeSpan step, Task<T> happened)
    {
        while (!happened.IsCompleted)
        {
            _time.Advance(step);
            await Task.WhenAny(happened, Task.Run(static async () => await Task.Yield()));
        }

        return await happened;
    }

    /// <summary>A clock that tells when a timer is set: to move it on before would be too soon.</summary>
    private sealed class WatchedTime(DateTimeOffset now) : FakeTimeProvider(now)
    {
        private readonly Channel<TimeSpan> _set = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _set.Writer.TryWrite(dueTime);
            return timer;
        }

        /// <summary>The next timer is set, and it is one of this time.</summary>
        internal async Task SetAsync(TimeSpan dueTime) => Assert.Equal(dueTime, await _set.Reader.ReadAsync().Within());
    }
}
