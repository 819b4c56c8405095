using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Bench.Tests.Wire;

/// <summary>A server for one sender and one recipient that keeps nothing and makes one mistake, with the tenth message.</summary>
internal sealed class LyingRelay : IAsyncDisposable
{
    private const int Tenth = 10;

    /// <summary>More than any window: by then the sender has heard what was said about the tenth.</summary>
    private const int HeldFor = 20;
    private static readonly Epoch Epoch = new(1);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Mistake _mistake;
    private readonly Task _accepting;
    private readonly List<Task> _sessions = [];
    private readonly List<TcpClient> _clients = [];
    private readonly Lock _gate = new();
    private readonly List<MessageId> _entries = [];
    private MessageRequest? _held;
    private NetworkStream? _sender;
    private NetworkStream? _recipient;
    private int _requests;
    private int _confirmed;

    public LyingRelay(Mistake mistake)
    {
        _mistake = mistake;
        _listener.Start();
        Address = (IPEndPoint)_listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        lock (_gate)
        {
            _clients.ForEach(client => client.Dispose());
        }

        await Task.WhenAll(_sessions);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                lock (_gate)
                {
                    _clients.Add(client);
                }

                _sessions.Add(Task.Run(() => ServeAsync(client.GetStream())));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        var buffer = new byte[1 << 20];
        var kept = 0;
        try
        {
            while (await stream.ReadAsync(buffer.AsMemory(kept)) is > 0 and var read)
            {
                var bytes = new ReadOnlySequence<byte>(buffer, 0, kept + read);
                while (PacketCodec.TryRead(ref bytes, buffer.Length, out var result) == PacketReadOutcome.Packet)
                {
                    lock (_gate)
                    {
                        Take(result.Packet!, stream);
                    }
                }

                kept = (int)bytes.Length;
                bytes.ToArray().CopyTo(buffer, 0);
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
            // The load has ended.
        }
    }

    private void Take(Packet packet, NetworkStream stream)
    {
        switch (packet)
        {
            case Hello hello:
                Greet(hello, stream);
                break;
            case MessageRequest request:
                Accept(request, isWrong: ++_requests == Tenth);
                break;
            case AckRequest ack:
                Write(stream, new AckAcknowledge(Epoch, ack.UpTo));
                Confirm((int)ack.UpTo.Value);
                break;
        }
    }

    private void Greet(Hello hello, NetworkStream stream)
    {
        (hello.Window > 0 ? ref _recipient : ref _sender) = stream;
        var limits = new SessionLimits(1 << 20, 256, 1_024, TimeSpan.FromDays(30));
        Write(stream, new Welcome(new UserId(hello.Token), Epoch, new Sequence(1), Sequence.None, Sequence.None, DateTimeOffset.UnixEpoch.AddYears(50), limits));
    }

    private void Accept(MessageRequest request, bool isWrong)
    {
        var mistake = isWrong ? _mistake : Mistake.None;
        if (mistake != Mistake.DeliveredUnaccepted)
        {
            Write(_sender!, new MessageAcknowledge(request.Id, DateTimeOffset.UnixEpoch));
        }

        switch (mistake)
        {
            case Mistake.AcceptTwice:
                Write(_sender!, new MessageAcknowledge(request.Id, DateTimeOffset.UnixEpoch));
                Notify(request);
                break;
            case Mistake.Lose:
                Delivered(request.Id);
                break;
            case Mistake.DeliveredEarly:
                Delivered(request.Id);
                _held = request;
                break;
            case Mistake.DeliveredUnaccepted:
                Delivered(request.Id);
                Notify(request);
                break;
            case Mistake.Doubled:
                Notify(request);
                Notify(request);
                break;
            case Mistake.Repeat:
                Notify(request);
                WriteEntry(request);
                break;
            case Mistake.Skip:
                _entries.Add(request.Id);
                Notify(request);
                break;
            case Mistake.Reorder:
                _held = request;
                break;
            default:
                Notify(request);
                if (_held is { } held && (_mistake != Mistake.DeliveredEarly || _requests == Tenth + HeldFor))
                {
                    _held = null;
                    Notify(held);
                }

                break;
        }
    }

    private void Notify(MessageRequest request)
    {
        _entries.Add(request.Id);
        WriteEntry(request);
    }

    private void WriteEntry(MessageRequest request) =>
        Write(_recipient!, new MessageNotify(new Sequence(_entries.Count), request.Id, new UserId("sender"), DateTimeOffset.UnixEpoch, request.Body, Redelivered: false));

    private void Confirm(int upTo)
    {
        for (; _confirmed < upTo; _confirmed++)
        {
            if (_mistake != Mistake.NeverDelivered || _confirmed != Tenth)
            {
                Delivered(_entries[_confirmed]);
            }
        }
    }

    private void Delivered(MessageId id) => Write(_sender!, new AckNotify(new UserId("recipient"), [id], MessageState.Delivered));

    private static void Write(NetworkStream stream, Packet packet)
    {
        var output = new ArrayBufferWriter<byte>();
        PacketCodec.Write(packet, output);
        stream.Write(output.WrittenSpan);
    }
}
