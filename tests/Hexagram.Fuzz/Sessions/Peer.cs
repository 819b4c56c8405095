using System.Buffers;
using System.Net.Sockets;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Fuzz.Sessions;

/// <summary>One end of a connection that says what it is told, bytes or packets, and keeps what it hears. What was half said before goes first.</summary>
internal sealed class Peer(Socket socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MemoryStream _arrived = new();
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _read;

    /// <summary>Nothing more can be said here.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Sends, if anybody is there. What does not fit into the socket's buffers is lost: nobody waits for a peer that does not read.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (!IsClosed)
            {
                socket.Blocking = false;
                socket.Send(bytes);
            }
        }
        catch (SocketException)
        {
            // It has gone, or does not read.
            IsClosed = true;
        }
    }

    /// <summary>All the packets that are here now.</summary>
    public IReadOnlyList<Packet> ReadNow(int packetBytesMax)
    {
        try
        {
            socket.Blocking = false;
            while (socket.Available > 0)
            {
                var count = socket.Receive(_buffer);
                _arrived.Write(_buffer, 0, count);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            IsClosed = true;
        }

        return Parse(packetBytesMax);
    }

    /// <summary>Waits for the next packets; none when the other end has closed.</summary>
    public async Task<IReadOnlyList<Packet>> ReadAsync(int packetBytesMax)
    {
        try
        {
            while (true)
            {
                var packets = Parse(packetBytesMax);
                if (packets.Count > 0)
                {
                    return packets;
                }

                using var patience = new CancellationTokenSource(Patience);
                var count = await socket.ReceiveAsync(_buffer, patience.Token);
                if (count == 0)
                {
                    return [];
                }

                _arrived.Write(_buffer, 0, count);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return [];
        }
    }

    /// <summary>No more is said; hearing goes on.</summary>
    public void FinishSending()
    {
        IsClosed = true;
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It was closed at the other end, or here, before.
        }
    }

    /// <summary>Ends as a crash does.</summary>
    public void Reset()
    {
        IsClosed = true;
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Close();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It was closed before.
        }
    }

    public void Dispose() => socket.Dispose();

    private List<Packet> Parse(int packetBytesMax)
    {
        var packets = new List<Packet>();
        var input = new ReadOnlySequence<byte>(_arrived.GetBuffer(), _read, (int)_arrived.Length - _read);
        var before = input.Length;
        while (true)
        {
            var outcome = PacketCodec.TryRead(ref input, packetBytesMax, out var result);
            Engine.BrokenPromiseException.Unless(outcome != PacketReadOutcome.Violation, $"What was said cannot be read: {result.Fault}");
            if (outcome != PacketReadOutcome.Packet)
            {
                _read += (int)(before - input.Length);
                return packets;
            }

            packets.Add(result.Packet!);
        }
    }
}
