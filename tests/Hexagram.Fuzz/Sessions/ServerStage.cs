using System.Diagnostics;
using System.Net.Sockets;
using Hexagram.Fuzz.Engine;
using Hexagram.Fuzz.Targets;
using Hexagram.Protocol;
using Hexagram.Server.Router;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hexagram.Fuzz.Sessions;

/// <summary>
/// A server, two honest users and whoever comes. After every script: what the server said was of the protocol and true, the honest two still
/// have their sessions and got everything exactly once, the others' sessions are gone and nothing is left of them, and the log holds no error.
/// </summary>
internal sealed class ServerStage : IAsyncDisposable
{
    private const int PeersMax = 4;
    private const int AdvancesMax = 6;

    private readonly TestServer _server;
    private readonly RawClient _alice;
    private readonly RawClient _bob;
    private readonly List<Exception> _unobserved = [];
    private long _script;
    private int _advances;
    private long _bobs;
    private long _sentToBob;
    private long _gotFromAlice;

    private ServerStage(TestServer server, RawClient alice, RawClient bob)
    {
        _server = server;
        _alice = alice;
        _bob = bob;

        // What others have left in this process is told before, and to nobody.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException += Unobserved;
    }

    public static async Task<ServerStage> StartAsync()
    {
        var server = await TestServer.StartAsync(
            options => options with { Bounds = options.Bounds with { WindowMax = 1_024 } },
            builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        return new ServerStage(server, await OpenAsync(server, "alice", 0), await OpenAsync(server, "bob", 1_024));
    }

    /// <summary>Lets hostile clients say what <paramref name="input"/> chooses, then looks at what they have left behind.</summary>
    public async Task PlayAsync(byte[] input, Observations seen)
    {
        var choices = new InputBytes(input);
        var hears = new List<Hearing>();
        _advances = 0;
        var ids = Enumerable.Range(0, 4).Select(_ => _server.NewId()).Append(MessageId.New(_server.Time.GetUtcNow().AddYears(1))).Append(SomePackets.Id(1)).ToList();

        // Fresh users now and then, so that a script finds a mailbox that it can know.
        var script = new ServerScript(_server, choices, ids, $"{_script++ / 16}");
        var peers = new Peer?[PeersMax];
        var heard = new Hearing[PeersMax];
        for (var n = 0; n < 64 && !choices.IsAtEnd; n++)
        {
            var op = choices.Next();
            var place = op >> 4 & (PeersMax - 1);
            if (peers[place] is null)
            {
                peers[place] = await ConnectAsync();
                hears.Add(heard[place] = new Hearing(peers[place]!, seen));
            }

            heard[place].Read();
            await StepAsync(op & 0x0F, peers, place, script, choices, heard[place]);
        }

        foreach (var hearing in hears)
        {
            await hearing.EndAsync();
        }

        try
        {
            await LookAsync();

            // Rates begin anew, and what lingers is let go.
            _server.Advance(TimeSpan.FromSeconds(3));
        }
        catch (OperationCanceledException)
        {
            var log = string.Join("; ", _server.Logs.Lines.Select(line => line.Text));
            throw new BrokenPromiseException($"Something never came: bob has {_bobs} entries, {_gotFromAlice} of {_sentToBob} from alice, there are {_server.Sessions.Count} sessions. {log}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        TaskScheduler.UnobservedTaskException -= Unobserved;
        await _alice.DisposeAsync();
        await _bob.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>The clock runs fast here: a token of an hour would soon be over.</summary>
    private static Task<RawClient> OpenAsync(TestServer server, string user, int window) =>
        server.OpenAsync(server.Hello(user, window) with { Token = server.Token(user, TimeSpan.FromDays(10_000)) });

    private async Task<Peer> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_server.Tcp);
        return new Peer(socket);
    }

    private async Task StepAsync(int op, Peer?[] peers, int place, ServerScript script, InputBytes choices, Hearing hearing)
    {
        var peer = peers[place]!;
        switch (op)
        {
            case <= 8:
                var packet = script.Packet(op);
                hearing.Said(packet);
                peer.Send(SomePackets.Bytes(packet));
                break;
            case 9:
                hearing.SaidAnything();
                peer.Send(choices.Take(choices.Next() % 64));
                break;
            case 10:
                hearing.SaidAnything();
                var torn = SomePackets.Bytes(script.Packet(choices.Next() % 9));
                peer.Send(torn.AsSpan(0, choices.Next() % torn.Length));
                break;
            case 11:
                var flipped = SomePackets.Bytes(script.Packet(choices.Next() % 9));
                flipped[choices.Next() % flipped.Length] ^= (byte)(1 << (choices.Next() % 8));
                hearing.SaidAnything();
                peer.Send(flipped);
                break;
            case 12:
                peer.FinishSending();
                break;
            case 13:
                peer.Reset();
                break;
            case 14:
                // Time enough for an answer, so that what follows meets a session in another state.
                await SettleAsync(_alice);
                break;
            case 15 when _advances++ >= AdvancesMax:
                // A script made of nothing but waiting finds nothing.
                break;
            default:
                _server.Advance(TimeSpan.FromSeconds(choices.Next() % 11));
                await SettleAsync(_alice);
                await SettleBobAsync();
                break;
        }
    }

    private async Task LookAsync()
    {
        await _server.WhenSessionsAsync(2);
        var id = _server.NewId();
        await _alice.SendAsync(_server.Message("bob", $"{++_sentToBob}", id));
        for (var lines = 0; lines < 2;)
        {
            var packet = await _alice.ReceiveAnyAsync();
            if (packet is not (MessageAcknowledge or AckNotify { State: MessageState.Delivered }))
            {
                throw new BrokenPromiseException($"alice, who did nothing wrong, got {packet}.");
            }

            lines++;
            if (lines == 1)
            {
                await HearBobAsync(id);
            }
        }

        await SettleAsync(_alice);
        BrokenPromiseException.Unless(_server.Services.GetRequiredService<SessionDirectory>().Count == 2, "A session has gone, but its address has not.");
        await WhenNoRouteIsLeftAsync();
        if (_server.Logs.Lines.FirstOrDefault(line => line.Level >= LogLevel.Error) is { } error)
        {
            throw new BrokenPromiseException($"The log says: {error.Text}");
        }

        lock (_unobserved)
        {
            BrokenPromiseException.Unless(_unobserved.Count == 0, $"Nobody looked at {string.Join(' ', _unobserved)}");
        }
    }

    private async Task WhenNoRouteIsLeftAsync()
    {
        var routes = _server.Services.GetRequiredService<UserRoutes>();
        for (var began = Stopwatch.GetTimestamp(); routes.Posting > 0; await Task.Yield())
        {
            BrokenPromiseException.Unless(Stopwatch.GetElapsedTime(began) < RawClient.Patience, "A way to the router stays in use with nothing to bring.");
        }
    }

    /// <summary>Everything up to alice's message, and confirms it.</summary>
    private async Task HearBobAsync(MessageId id)
    {
        while (true)
        {
            if (await TakeForBobAsync() is { } entry && entry.Id == id)
            {
                break;
            }
        }

        BrokenPromiseException.Unless(_gotFromAlice == _sentToBob, $"bob got {_gotFromAlice} of the {_sentToBob} messages of alice.");
        await _bob.SendAsync(new AckRequest(_server.Store.Epoch, new Sequence(_bobs)));
    }

    private async Task<MessageNotify?> TakeForBobAsync()
    {
        switch (await _bob.ReceiveAnyAsync())
        {
            case MessageNotify { Redelivered: true } again when again.Sequence.Value <= _bobs:
                return null;
            case MessageNotify entry:
                BrokenPromiseException.Unless(entry.Sequence.Value == _bobs + 1, $"bob got {entry.Sequence} after {_bobs}.");
                _bobs++;
                _gotFromAlice += entry.From.Value == "alice" ? 1 : 0;
                return entry;
            case AckAcknowledge or Pong:
                return null;
            case var packet:
                throw new BrokenPromiseException($"bob, who did nothing wrong, got {packet}.");
        }
    }

    private async Task SettleBobAsync()
    {
        await _bob.SendAsync(Ping.Instance);
        while (true)
        {
            var packet = await _bob.ReceiveAnyAsync();
            if (packet is Pong)
            {
                return;
            }

            if (packet is MessageNotify { Redelivered: false } entry)
            {
                BrokenPromiseException.Unless(entry.Sequence.Value == _bobs + 1, $"bob got {entry.Sequence} after {_bobs}.");
                _bobs++;
            }
        }
    }

    private static async Task SettleAsync(RawClient client)
    {
        var packets = await client.SettleAsync();
        BrokenPromiseException.Unless(packets.Count == 0, $"Somebody who did nothing wrong got {string.Join(' ', packets)}.");
    }

    private void Unobserved(object? sender, UnobservedTaskExceptionEventArgs fault)
    {
        lock (_unobserved)
        {
            _unobserved.Add(fault.Exception);
        }
    }
}
