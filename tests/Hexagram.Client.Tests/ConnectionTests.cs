using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>Connecting, staying connected, and knowing when not to.</summary>
public sealed class ConnectionTests : ClientFixture
{
    [Fact]
    public async Task The_client_connects_by_itself_and_says_so()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        Assert.Equal(ScriptedConnection.User, (await client.WhenAsync<ConnectionState.Connected>()).User);
        await client.WhenConnectedAsync().Within();
        Assert.Equal(("token", 0), (server.Hello.Token, server.Hello.Window));
    }

    [Fact]
    public async Task A_lost_connection_is_made_again_after_a_short_wait()
    {
        var client = await OpenAsync();
        (await Server.WelcomeAsync()).Close();
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        Assert.InRange(waiting.RetryAt - Time.GetUtcNow(), TimeSpan.Zero, ProtocolLimits.ReconnectAfter);
        var server = await AdvanceUntilAsync(waiting.RetryAt - Time.GetUtcNow(), Server.WelcomeAsync());
        Assert.Equal(2, server.Hello.Connection.Value);
    }

    [Fact]
    public async Task Waits_grow_while_nobody_answers_and_end_when_somebody_does()
    {
        Server.StopListening();
        var waits = new List<TimeSpan>();
        var client = await OpenAsync();
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        for (var n = 0; n < 12; n++)
        {
            var last = waiting;
            waits.Add(last.RetryAt - Time.GetUtcNow());
            waiting = await AdvanceUntilAsync(waits[^1], client.WhenAsync<ConnectionState.Waiting>(next => next.RetryAt > last.RetryAt));
        }

        Assert.All(waits, (wait, n) => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(Math.Min(30, 0.5 * Math.Pow(2, n)))));
        // Full jitter over twelve waits: the chance that none of the last six is above two seconds is less than one in a million.
        Assert.Contains(waits.Skip(6), wait => wait > TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task The_server_may_ask_to_be_left_alone_for_a_while()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await server.SendAsync(new Goodbye(ErrorCode.Restarting, "back soon", TimeSpan.FromMinutes(2)));
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        Assert.Equal((ErrorCode.Restarting, "back soon"), (waiting.Code, waiting.Reason));
        Assert.Equal(Time.GetUtcNow() + TimeSpan.FromMinutes(2), waiting.RetryAt);
        await AdvanceUntilAsync(TimeSpan.FromMinutes(2), Server.WelcomeAsync());
    }

    [Fact]
    public async Task A_superseded_client_stops_and_comes_back_only_when_told_to()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await server.SendAsync(new Goodbye(ErrorCode.Superseded, "a newer one", TimeSpan.Zero));
        var stopped = await client.WhenAsync<ConnectionState.Stopped>();
        Assert.Equal((StopCause.Superseded, ErrorCode.Superseded), (stopped.Cause, stopped.Code));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.WhenConnectedAsync().Within());
        Time.Advance(TimeSpan.FromDays(1));
        Assert.IsType<ConnectionState.Stopped>(client.State);

        client.Reconnect();
        var connected = client.WhenConnectedAsync();
        await Server.WelcomeAsync();
        await connected.Within();
    }

    [Theory]
    [InlineData(ErrorCode.CursorAhead)]
    [InlineData(ErrorCode.TooManyDevices)]
    [InlineData((ErrorCode)3999)]
    public async Task A_server_that_says_give_up_is_not_asked_again(ErrorCode code)
    {
        var client = await OpenAsync();
        var server = await Server.AcceptAsync();
        await server.ReadAsync<Hello>();
        await server.SendAsync(new Goodbye(code, "no", TimeSpan.Zero));
        var stopped = await client.WhenAsync<ConnectionState.Stopped>();
        Assert.Equal((StopCause.Refused, code), (stopped.Cause, stopped.Code));
    }

    [Fact]
    public async Task A_fixed_token_that_is_refused_stops_the_client()
    {
        var client = await OpenAsync();
        var server = await Server.AcceptAsync();
        await server.ReadAsync<Hello>();
        await server.SendAsync(new Goodbye(ErrorCode.TokenInvalid, "not mine", TimeSpan.Zero));
        var stopped = await client.WhenAsync<ConnectionState.Stopped>();
        Assert.Equal(StopCause.TokenRefused, stopped.Cause);
        Assert.Contains(nameof(HexagramClientOptions.TokenProvider), stopped.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_provider_is_asked_again_when_the_server_wants_another_token()
    {
        var asked = 0;
        var client = await OpenAsync(Options with { Token = null, TokenProvider = _ => ValueTask.FromResult($"token-{++asked}") });
        var server = await Server.WelcomeAsync();
        Assert.Equal("token-1", server.Hello.Token);

        server.Close();
        server = await ReconnectedAsync(client);
        Assert.Equal("token-1", server.Hello.Token);

        await server.SendAsync(new Goodbye(ErrorCode.Authenticate, "expired", TimeSpan.Zero));
        server = await ReconnectedAsync(client);
        Assert.Equal("token-2", server.Hello.Token);
    }

    [Fact]
    public async Task A_token_provider_that_throws_is_asked_again_later()
    {
        var asked = 0;
        var client = await OpenAsync(Options with
        {
            Token = null,
            TokenProvider = _ => ++asked == 1 ? throw new InvalidOperationException("the issuer is away") : ValueTask.FromResult("token"),
        });
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        Assert.Contains("the issuer is away", waiting.Reason, StringComparison.Ordinal);
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), Server.WelcomeAsync());
    }

    [Fact]
    public async Task Silence_is_answered_with_ping_and_after_45_seconds_with_another_connection()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await client.WhenAsync<ConnectionState.Connected>();
        Time.Advance(TimeSpan.FromSeconds(20));
        await server.ReadAsync<Ping>();
        Time.Advance(TimeSpan.FromSeconds(20));
        await server.ReadAsync<Ping>();
        Time.Advance(TimeSpan.FromSeconds(5));
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        Assert.Contains("45 s", waiting.Reason, StringComparison.Ordinal);
        Assert.Empty(await server.ReadToEndAsync());
    }

    [Fact]
    public async Task Any_byte_is_a_sign_of_life_and_ping_is_answered()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await client.WhenAsync<ConnectionState.Connected>();
        for (var n = 0; n < 5; n++)
        {
            Time.Advance(TimeSpan.FromSeconds(19));
            await server.SendAsync(Ping.Instance);
            await server.ReadAsync<Pong>();
        }

        Assert.IsType<ConnectionState.Connected>(client.State);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_hello_is_left_after_30_seconds()
    {
        var client = await OpenAsync();
        var server = await Server.AcceptAsync();
        await server.ReadAsync<Hello>();
        Time.Advance(TimeSpan.FromSeconds(30));
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        Assert.Contains("Hello", waiting.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_for_30_seconds_is_a_lost_connection()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await client.SendAsync("bob", "hello").Within();
        var request = await server.ReadAsync<MessageRequest>();
        Time.Advance(TimeSpan.FromSeconds(15));
        await server.SendAsync(Ping.Instance);
        await server.ReadAsync<Pong>();
        Time.Advance(TimeSpan.FromSeconds(15));
        server = await ReconnectedAsync(client);
        Assert.Equal(request, await server.ReadAsync());
    }

    [Fact]
    public async Task Garbage_from_the_server_ends_the_connection_and_the_client_tries_again()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await client.WhenAsync<ConnectionState.Connected>();
        await server.SendBytesAsync(0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
        Assert.Equal(ErrorCode.ProtocolViolation, Assert.IsType<Goodbye>(Assert.Single(await server.ReadToEndAsync())).Code);
        await client.WhenAsync<ConnectionState.Waiting>();
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), Server.WelcomeAsync());
    }

    [Fact]
    public async Task A_packet_that_only_clients_send_is_answered_with_another_connection()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await client.WhenAsync<ConnectionState.Connected>();
        await server.SendAsync(new AckRequest(ScriptedConnection.Epoch, new Sequence(1)));
        await server.ReadAsync<Goodbye>();
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        Assert.Contains(nameof(AckRequest), waiting.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_handler_that_throws_harms_nobody()
    {
        var client = await OpenAsync();
        client.StateChanged += (_, _) => throw new InvalidOperationException("the application's mistake");
        (await Server.WelcomeAsync()).Close();
        await ReconnectedAsync(client);
        await client.WhenAsync<ConnectionState.Connected>();
    }

    [Fact]
    public async Task Every_packet_can_be_traced_and_the_token_stays_secret()
    {
        var traced = new System.Collections.Concurrent.ConcurrentQueue<TracedPacket>();
        var client = await OpenAsync(Options with { Trace = traced.Enqueue });
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", "hello").Within();
        await server.SendAsync(Accept(await server.ReadAsync<MessageRequest>()));
        await sent.Accepted.Within();
        Assert.Equal(
            [(PacketDirection.Sent, typeof(Hello)), (PacketDirection.Received, typeof(Welcome)), (PacketDirection.Sent, typeof(MessageRequest)), (PacketDirection.Received, typeof(MessageAcknowledge))],
            traced.Select(t => (t.Direction, t.Packet.GetType())));
        Assert.Equal("", Assert.IsType<Hello>(traced.First().Packet).Token);
        Assert.DoesNotContain("token", Options.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1:7000")]
    [InlineData("tcp://127.0.0.1")]
    public async Task An_address_that_cannot_be_meant_is_told_at_once(string server)
    {
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => HexagramClient.OpenAsync(Options with { Server = new Uri(server) }));
        Assert.Contains("tcp://127.0.0.1:7000", fault.Message, StringComparison.Ordinal);
    }
}
