using System.Net;
using System.Net.Sockets;
using Hexagram.Client;
using Hexagram.Fuzz.Engine;
using Hexagram.Fuzz.Targets;
using Hexagram.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Fuzz.Sessions;

/// <summary>
/// A client with a handler and messages to send, and whatever calls itself its server. However the script goes: the client does not break, its
/// handler sees each message once, it confirms nothing that its handler has not seen, and an honest server that comes afterwards finds it
/// at work. It ends when it is told to.
/// </summary>
internal sealed class ClientStage : IAsyncDisposable
{
    private const int ConnectionsMax = 4;
    private const int PacketBytesMax = ProtocolLimits.BodyBytesMaxDefault + ProtocolLimits.PacketOverheadBytes;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new(ServerTime);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly Dictionary<(MessageId Id, Sequence Sequence), int> _handled = [];
    private readonly Dictionary<(Epoch, long), List<MessageId>> _told = [];
    private readonly Dictionary<Epoch, long> _floor = [];
    private HexagramClient _client = null!;
    private Epoch _epoch;
    private int _ids;

    public static DateTimeOffset ServerTime { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static UserId Alice { get; } = new("alice");

    /// <summary>The ids of what the client has sent.</summary>
    public List<MessageId> Sent { get; } = [];

    public static async Task<ClientStage> StartAsync()
    {
        var stage = new ClientStage();
        stage._listener.Start();
        stage._client = await HexagramClient.OpenAsync(new HexagramClientOptions
        {
            Server = new Uri($"tcp://127.0.0.1:{((IPEndPoint)stage._listener.LocalEndpoint).Port}"),
            TokenProvider = _ => new("token"),
            Store = ClientStore.InMemory(),
            User = Alice,
            Window = 16,
            WindowBytes = 16 << 10,
            TimeProvider = stage._time,
            CloseTimeout = TimeSpan.Zero,
        });
        stage._client.OnMessage((message, _) =>
        {
            lock (stage._gate)
            {
                var key = (message.Id, message.Sequence);
                stage._handled[key] = stage._handled.GetValueOrDefault(key) + 1;
            }

            return Task.CompletedTask;
        });
        return stage;
    }

    /// <summary>An id that no entry has had before.</summary>
    public MessageId NewId(out int number)
    {
        number = ++_ids;
        return SomePackets.Id(1_000 + number);
    }

    public async Task PlayAsync(byte[] input, Observations seen)
    {
        var choices = new InputBytes(input);
        var first = await _client.SendAsync("bob", "one");
        await _client.SendAsync("bob", "two");
        await _client.SendAsync("carol", "three");
        Sent.AddRange(_client.ListOutbox().Select(message => message.Id));
        for (var n = 0; n < ConnectionsMax && !choices.IsAtEnd; n++)
        {
            using var peer = await AcceptAsync();
            if (await HelloAsync(peer) is { } hello)
            {
                await PlayAsync(peer, new ClientScript(choices, hello, this), choices, seen);
            }
        }

        await EndHonestlyAsync(first, seen);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync().AsTask().WaitAsync(Patience);
        _listener.Dispose();
    }

    // ---- the hostile server -----------------------------------------------------------------

    private async Task PlayAsync(Peer peer, ClientScript script, InputBytes choices, Observations seen)
    {
        var last = 0;
        for (var n = 0; n < 48 && !choices.IsAtEnd && !peer.IsClosed; n++)
        {
            var op = choices.Next() % 16;
            switch (op)
            {
                case <= 10:
                    var packet = script.Packet(op);
                    Told(packet);
                    last = op;
                    peer.Send(SomePackets.Bytes(packet));
                    break;
                case 11:
                    peer.Send(choices.Take(choices.Next() % 32));
                    break;
                case 12:
                    var torn = SomePackets.Bytes(script.Packet(choices.Next() % 11));
                    peer.Send(torn.AsSpan(0, choices.Next() % torn.Length));
                    break;
                case 13:
                    peer.FinishSending();
                    break;
                case 14:
                    _time.Advance(TimeSpan.FromSeconds(choices.Of(1, 5, 20, 31, 60)));
                    break;
                default:
                    await Task.Yield();
                    break;
            }

            foreach (var heard in peer.ReadNow(PacketBytesMax))
            {
                Hear(heard);
                last = Seen(seen, last, heard);
            }
        }

        peer.FinishSending();
        while (await peer.ReadAsync(PacketBytesMax) is { Count: > 0 } packets)
        {
            foreach (var heard in packets)
            {
                Hear(heard);
                last = Seen(seen, last, heard);
            }
        }
    }

    private static int Seen(Observations seen, int last, Packet packet)
    {
        var detail = packet is Goodbye goodbye ? (int)goodbye.Code : packet.GetType().Name.Length;
        seen.Saw((last * 8191) + detail);
        return detail;
    }

    /// <summary>What the client may confirm is what its handler has seen, or what the server said lies before its stream.</summary>
    private void Told(Packet packet)
    {
        if (packet is Welcome welcome)
        {
            _epoch = welcome.Epoch;
            _floor[welcome.Epoch] = Math.Max(_floor.GetValueOrDefault(welcome.Epoch), welcome.ResumeAfter.Value);
        }
        else if (packet is MessageNotify entry)
        {
            var place = (_epoch, entry.Sequence.Value);
            _told[place] = [.. _told.GetValueOrDefault(place, []), entry.Id];
        }
    }

    private void Hear(Packet packet)
    {
        if (packet is not AckRequest confirmation)
        {
            BrokenPromiseException.Unless(
                packet is MessageRequest or StatusRequest or Ping or Pong or Goodbye or Hello,
                $"The client says {packet.GetType().Name}, which is for servers to say.");
            return;
        }

        var upTo = confirmation.UpTo.Value;
        if (upTo <= _floor.GetValueOrDefault(confirmation.Epoch))
        {
            return;
        }

        lock (_gate)
        {
            BrokenPromiseException.Unless(
                _told.TryGetValue((confirmation.Epoch, upTo), out var ids) && ids.Exists(id => _handled.Keys.Any(handled => handled.Id == id)),
                $"The client confirms {upTo} of {confirmation.Epoch}, which its handler has not seen.");
        }
    }

    // ---- the honest server, and what it finds ---------------------------------------------

    /// <summary>A server that does what it should; the client is woken, whatever it was told to wait for.</summary>
    private async Task EndHonestlyAsync(SentMessage first, Observations seen, int again = 0)
    {
        using var peer = await AcceptAsync();
        var hello = await HelloAsync(peer);
        if (hello is null && again < ConnectionsMax)
        {
            // A connection that the client had given up while nobody took it.
            await EndHonestlyAsync(first, seen, again + 1);
            return;
        }

        BrokenPromiseException.Unless(hello is not null, "The client does not say Hello to an honest server.");
        var epoch = hello.Epoch == Epoch.None ? new Epoch(0xE1) : hello.Epoch;
        var next = Math.Min(hello.Cursor.Value, ProtocolLimits.NumberMax - 1) + 1;
        var resume = new Sequence(next - 1);
        var welcome = new Welcome(Alice, epoch, new Sequence(1), resume, resume, ServerTime, new SessionLimits(1 << 20, 256, 1_024, TimeSpan.FromDays(30)));
        Told(welcome);
        var entry = new MessageNotify(new Sequence(next), NewId(out _), new UserId("bob"), ServerTime, "from an honest server", false);
        Told(entry);
        peer.Send(SomePackets.Bytes(welcome, entry));
        var honest = await _client.SendAsync("dora", "to an honest server");
        var confirmed = false;
        var asked = false;
        while (!confirmed || !asked)
        {
            IReadOnlyList<Packet> packets = [];
            try
            {
                packets = await peer.ReadAsync(PacketBytesMax);
            }
            catch (OperationCanceledException)
            {
                throw new BrokenPromiseException($"The client has nothing to say to an honest server: {_client.State}, {hello with { Token = "" }}, entry {next} {(confirmed ? "" : "not ")}confirmed, its message {honest.State}.");
            }

            BrokenPromiseException.Unless(packets.Count > 0, $"The client leaves an honest server: {_client.State}");
            foreach (var packet in packets)
            {
                Hear(packet);
                confirmed |= packet is AckRequest ack && ack.Epoch == epoch && ack.UpTo.Value >= next;
                asked |= packet is MessageRequest request && request.Id == honest.Id;
                Answer(peer, packet);
            }
        }

        await honest.Delivered.WaitAsync(Patience);
        seen.Saw((int)first.State + 77);
        lock (_gate)
        {
            BrokenPromiseException.Unless(_handled.Values.All(times => times == 1), "The handler saw an entry twice.");
        }
    }

    private static void Answer(Peer peer, Packet packet)
    {
        switch (packet)
        {
            case MessageRequest request:
                peer.Send(SomePackets.Bytes(new MessageAcknowledge(request.Id, ServerTime), new AckNotify(request.To, [request.Id], MessageState.Delivered)));
                break;
            case StatusRequest status:
                peer.Send(SomePackets.Bytes(new StatusAcknowledge(status.To, [.. status.Ids.Select(id => new MessageStatus(id, MessageState.Delivered, false))])));
                break;
            case Ping:
                peer.Send(SomePackets.Bytes(Pong.Instance));
                break;
        }
    }

    private async Task<Peer> AcceptAsync()
    {
        // The client may wait, or have stopped, because it was told to; an application that calls Reconnect ends both.
        using var patience = new CancellationTokenSource(Patience);
        var accepting = _listener.AcceptSocketAsync(patience.Token).AsTask();
        while (!accepting.IsCompleted)
        {
            BrokenPromiseException.Unless(
                _client.State is not ConnectionState.Stopped { Cause: StopCause.Defect },
                $"The client has stopped with a defect: {_client.State}");
            if (_client.State is ConnectionState.Waiting or ConnectionState.Stopped)
            {
                _client.Reconnect();
            }

            await Task.WhenAny(accepting, Task.Run(static async () => await Task.Yield()));
        }

        return new Peer(await accepting);
    }

    private static async Task<Hello?> HelloAsync(Peer peer) => (await peer.ReadAsync(PacketBytesMax)).OfType<Hello>().FirstOrDefault();
}
