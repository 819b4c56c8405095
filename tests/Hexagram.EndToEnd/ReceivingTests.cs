using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary><c>receive</c> against a real server: what it prints, what it confirms, and what it remembers.</summary>
public sealed class ReceivingTests : IAsyncLifetime
{
    private readonly Stage _stage = new();

    public async ValueTask InitializeAsync() => await _stage.ServeAsync();

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task What_one_run_has_printed_the_next_does_not_print_again()
    {
        await SendLinesAsync("one", "two", "three");

        var first = await _stage.ReceiveAllAsync("bob", 1);
        var second = await _stage.ReceiveAllAsync("bob", 2);

        Assert.Equal(["one"], first.Texts("text"));
        Assert.Equal(["two", "three"], second.Texts("text"));
        Assert.DoesNotContain(second, message => message.GetProperty("redelivered").GetBoolean());
    }

    [Fact]
    public async Task Each_device_gets_every_message()
    {
        await SendLinesAsync("one", "two");

        var phone = _stage.Receive("bob", "--count", "2", "--state", "phone");
        var tablet = _stage.Receive("bob", "--count", "2", "--state", "tablet");

        Assert.Equal(0, await phone.EndAsync());
        Assert.Equal(0, await tablet.EndAsync());
        Assert.Equal(["one", "two"], phone.JsonOutput.Texts("text"));
        Assert.Equal(["one", "two"], tablet.JsonOutput.Texts("text"));
    }

    [Fact]
    public async Task When_time_is_up_before_enough_came_it_says_so()
    {
        await SendLinesAsync("one");

        var receive = _stage.Receive("bob", "--count", "2", "--timeout", "3s");

        Assert.Equal(4, await receive.EndAsync());
        Assert.Equal(["one"], receive.JsonOutput.Texts("text"));
    }

    [Fact]
    public async Task When_time_is_up_and_no_count_was_asked_for_that_is_what_was_wanted()
    {
        await SendLinesAsync("one");

        var receive = _stage.Receive("bob", "--timeout", "3s");

        Assert.Equal(0, await receive.EndAsync());
        Assert.Equal(["one"], receive.JsonOutput.Texts("text"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Asked_to_end_it_ends_well(bool byInterrupt)
    {
        var receive = await _stage.ListenAsync("bob");

        Assert.Equal(0, byInterrupt ? await receive.InterruptAsync() : await receive.StopAsync());

        // What it had printed is confirmed: the sender's next run hears of it.
        var asking = _stage.Send("stage", "bob", "-");
        asking.EndInput();
        Assert.Equal(0, await asking.EndAsync());
    }

    [Fact]
    public async Task What_cannot_be_printed_is_not_confirmed()
    {
        var receive = await _stage.ListenAsync("bob");
        receive.CloseOutput();

        // The first message after that cannot be printed, and ends the program.
        Assert.Equal(3, await _stage.Send("alice", "bob", "unheard", "--timeout", "60s").EndAsync());
        Assert.Equal(1, await receive.EndAsync());
        Assert.Contains(receive.Errors, line => line.Contains("Standard output", StringComparison.Ordinal));

        var again = Assert.Single(await _stage.ReceiveAllAsync("bob", 1));
        Assert.Equal("unheard", again.Text("text"));
        Assert.True(again.GetProperty("redelivered").GetBoolean());
    }

    [Fact]
    public async Task A_second_receiver_with_the_same_state_is_told_to_wait_its_turn()
    {
        await _stage.ListenAsync("bob");

        var second = _stage.Receive("bob");

        Assert.Equal(1, await second.EndAsync());
        Assert.Contains("in use", Assert.Single(second.Errors), StringComparison.Ordinal);
        Assert.Empty(second.Output);
    }

    [Fact]
    public async Task A_server_that_comes_back_is_found_again()
    {
        var receive = await _stage.ListenAsync("bob");
        await _stage.RestartAsync();

        // Delivered or stored: whichever of the two connects first.
        Assert.True(await _stage.Send("alice", "bob", "after the restart").EndAsync() is 0 or 3);

        Assert.Equal("after the restart", Json.Parse((await receive.WhenPrintedAsync(2))[1]).Text("text"));
    }

    [Fact]
    public async Task For_people_each_message_is_a_line_that_cannot_pretend_to_be_another()
    {
        var send = _stage.Send("alice", "bob", "-");
        await send.FeedAsync("\e[2Jclean\rscreen");
        send.EndInput();
        await send.EndAsync();

        var receive = _stage.Run("receive", "--as", "bob", "--server", _stage.Server, "--count", "1");

        Assert.Equal(0, await receive.EndAsync());
        var line = Assert.Single(receive.Output);
        Assert.Matches(@"^\d\d:\d\d:\d\d alice: ␛\[2Jclean␍screen$", line);
    }

    private async Task SendLinesAsync(params string[] lines)
    {
        var send = _stage.Send("alice", "bob", "-");
        foreach (var line in lines)
        {
            await send.FeedAsync(line);
        }

        send.EndInput();
        Assert.Equal(3, await send.EndAsync());
    }
}
