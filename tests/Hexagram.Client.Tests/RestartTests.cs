using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>What outlives the process, read back from the SQLite file.</summary>
public sealed class RestartTests : ClientFixture
{
    [Fact]
    public async Task What_waits_is_there_after_a_restart_and_goes_on_in_order()
    {
        Server.StopListening();
        var client = await OpenAsync();
        var sends = Enumerable.Range(0, 300).Select(n => client.SendAsync(n % 2 == 0 ? "bob" : "carol", $"{n}")).ToList();
        var ids = (await Task.WhenAll(sends).Within()).Select(s => s.Id).ToList();
        await client.DisposeAsync().AsTask().Within();

        await using var server = new ScriptedServer();
        var again = await OpenAsync(Options with { Server = server.Address });
        var waiting = again.ListOutbox();
        Assert.Equal(ids, waiting.Select(m => m.Id));
        Assert.All(waiting, m => Assert.Equal(SentState.Waiting, m.State));
        Assert.Equal("7", (await again.ReadBodyAsync(waiting[7]).Within())!.Value.Text);

        var connection = await server.WelcomeAsync(w => w with { Limits = w.Limits with { RequestsInFlightMax = 1_000 } });
        var texts = new Dictionary<string, List<int>> { ["bob"] = [], ["carol"] = [] };
        MessageRequest last = null!;
        for (var n = 0; n < 256; n++)
        {
            last = await connection.ReadAsync<MessageRequest>();
            texts[last.To.Value].Add(int.Parse(last.Body.Text, null));
        }

        Assert.Equal(texts["bob"].Order(), texts["bob"]);
        Assert.Equal(texts["carol"].Order(), texts["carol"]);
        Assert.Equal([0, 2, 4], texts["bob"].Take(3));
        await connection.SendAsync(Accept(last), Report(MessageState.Delivered, last));
        await waiting.Single(m => m.Id == last.Id).Delivered.Within();
    }

    [Fact]
    public async Task What_was_accepted_or_stored_is_asked_for_after_a_restart()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", "1").Within();
        var away = await client.SendAsync("bob", "2").Within();
        var one = await server.ReadAsync<MessageRequest>();
        var two = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Accept(one), Accept(two), Report(MessageState.Stored, two));
        await away.WhenAsync(SentState.Stored).Within();
        await client.DisposeAsync().AsTask().Within();

        var again = await OpenAsync();
        Assert.Equal([SentState.Accepted, SentState.Stored], again.ListOutbox().Select(m => m.State));
        server = await Server.WelcomeAsync();
        var asked = await server.ReadAsync<StatusRequest>();
        Assert.Equivalent(new[] { sent.Id, away.Id }, asked.Ids, strict: true);

        // The second was lost with an older backup: it is sent again, with its body.
        await server.SendAsync(new StatusAcknowledge(Bob, [.. asked.Ids.Select(id => new MessageStatus(id, id == away.Id ? MessageState.Waiting : MessageState.Delivered))]));
        Assert.Equal(two, await server.ReadAsync());
        Assert.Equal(away.Id, Assert.Single(again.ListOutbox()).Id);
    }

    [Fact]
    public async Task The_device_is_made_once_and_its_connection_numbers_rise()
    {
        var client = await OpenAsync();
        var device = client.Device;
        var hello = (await Server.WelcomeAsync()).Hello;
        Assert.Equal((device, 1L), (hello.Device, hello.Connection.Value));
        await client.DisposeAsync().AsTask().Within();

        var again = await OpenAsync();
        var next = (await Server.WelcomeAsync()).Hello;
        Assert.Equal(device, again.Device);
        Assert.Equal(device, next.Device);
        Assert.True(next.Connection.Value > hello.Connection.Value);
    }

    [Fact]
    public async Task The_inbox_goes_on_from_its_cursor()
    {
        var client = await OpenAsync();
        client.OnMessage((_, _) => Task.CompletedTask);
        var server = await ReceivingAsync();
        Assert.Equal((Epoch.None, Sequence.None), (server.Hello.Epoch, server.Hello.Cursor));
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await ConfirmedAsync(server, 2);
        await client.DisposeAsync().AsTask().Within();

        var again = await OpenAsync();
        again.OnMessage((_, _) => Task.CompletedTask);
        server = await ReceivingAsync();
        Assert.Equal((ScriptedConnection.Epoch, new Sequence(2)), (server.Hello.Epoch, server.Hello.Cursor));
    }

    [Fact]
    public async Task An_id_made_on_a_wrong_clock_is_made_anew_before_it_first_leaves()
    {
        Server.StopListening();
        Time.SetUtcNow(Time.GetUtcNow() + TimeSpan.FromDays(3));
        var client = await OpenAsync();
        var early = await client.SendAsync("bob", "from the future").Within();
        var wrong = early.Id;
        await client.DisposeAsync().AsTask().Within();

        await using var server = new ScriptedServer();
        var again = await OpenAsync(Options with { Server = server.Address });
        var connection = await server.WelcomeAsync();
        var request = await connection.ReadAsync<MessageRequest>();
        Assert.NotEqual(wrong, request.Id);
        Assert.True((request.Id.MadeAt - ScriptedConnection.PlainWelcome.ServerTime).Duration() < TimeSpan.FromMinutes(1));
        var waiting = Assert.Single(again.ListOutbox());
        Assert.Equal(request.Id, waiting.Id);

        // From here on it never changes, whatever the next server's clock says.
        connection.Close();
        connection = await ReconnectedAsync(again, server, w => w with { ServerTime = w.ServerTime.AddYears(-1) });
        Assert.Equal(request, await connection.ReadAsync());
        await again.DisposeAsync().AsTask().Within();
        var third = await OpenAsync();
        Assert.Equal(request.Id, Assert.Single(third.ListOutbox()).Id);
    }

    [Fact]
    public async Task Ids_are_made_on_the_servers_clock_also_offline_after_a_restart()
    {
        Time.SetUtcNow(Time.GetUtcNow() + TimeSpan.FromDays(3));
        var client = await OpenAsync();
        await Server.WelcomeAsync();
        await client.WhenAsync<ConnectionState.Connected>();
        var online = await client.SendAsync("bob", "1").Within();
        Assert.Equal(ScriptedConnection.PlainWelcome.ServerTime, online.Id.MadeAt);
        await client.DisposeAsync().AsTask().Within();

        Server.StopListening();
        var again = await OpenAsync();
        var offline = await again.SendAsync("bob", "2").Within();
        Assert.Equal(ScriptedConnection.PlainWelcome.ServerTime, offline.Id.MadeAt);
    }

    [Fact]
    public async Task A_store_belongs_to_one_user()
    {
        var client = await OpenAsync();
        await Server.WelcomeAsync();
        await client.WhenAsync<ConnectionState.Connected>();
        await client.SendAsync("bob", "from alice").Within();
        await client.DisposeAsync().AsTask().Within();

        var again = await OpenAsync();
        var server = await Server.WelcomeAsync(w => w with { User = new UserId("mallory") });
        var stopped = await again.WhenAsync<ConnectionState.Stopped>();
        Assert.Equal(StopCause.OtherUser, stopped.Cause);
        Assert.Contains("belongs to alice", stopped.Reason, StringComparison.Ordinal);
        Assert.Empty(await server.ReadToEndAsync());
    }

    [Fact]
    public async Task A_client_that_the_server_knows_as_somebody_else_sends_nothing()
    {
        var client = await OpenAsync(Options with { User = new UserId("alice") });
        await client.SendAsync("bob", "from alice").Within();
        var server = await Server.WelcomeAsync(w => w with { User = new UserId("mallory") });
        var stopped = await client.WhenAsync<ConnectionState.Stopped>();
        Assert.Equal(StopCause.OtherUser, stopped.Cause);
        Assert.Contains("token is that of mallory", stopped.Reason, StringComparison.Ordinal);
        Assert.Empty(await server.ReadToEndAsync());
    }
}
