using System.Buffers;
using System.Text;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Microsoft.AspNetCore.Connections;

namespace Hexagram.Floor;

/// <summary>One connection: takes all packets of a read, passes them on, and flushes once each connection that got something.</summary>
internal sealed class RelayHandler(Relay relay) : ConnectionHandler
{
    private const ulong Epoch = 0x5eed_0000_c0ff_ee01;
    private static readonly SessionLimits Limits = new(ProtocolLimits.BodyBytesMaxDefault, ProtocolLimits.RequestsInFlightMaxDefault, ProtocolLimits.WindowMaxDefault, ProtocolLimits.HorizonDefault);

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var self = new RelayConnection(connection.Transport.Output);
        var touched = new List<RelayConnection>();
        RelayMailbox? own = null;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync().ConfigureAwait(false);
                var taken = Take(read.Buffer, self, ref own, touched);
                input.AdvanceTo(read.Buffer.GetPosition(taken), read.Buffer.End);
                foreach (var one in touched)
                {
                    one.Flush();
                }

                touched.Clear();
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            // The peer has gone.
        }
        finally
        {
            self.Close();
        }
    }

    /// <returns>How many bytes were whole packets.</returns>
    private long Take(ReadOnlySequence<byte> buffer, RelayConnection self, ref RelayMailbox? own, List<RelayConnection> touched)
    {
        if (buffer.IsSingleSegment)
        {
            return Take(buffer.FirstSpan, self, ref own, touched);
        }

        var whole = ArrayPool<byte>.Shared.Rent((int)buffer.Length);
        try
        {
            buffer.CopyTo(whole);
            return Take(whole.AsSpan(0, (int)buffer.Length), self, ref own, touched);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    private int Take(ReadOnlySpan<byte> bytes, RelayConnection self, ref RelayMailbox? own, List<RelayConnection> touched)
    {
        var rest = bytes;
        var now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        while (FieldScan.TryPacket(ref rest, out var packet))
        {
            var scan = new FieldScan(packet);
            scan.Next();
            switch (scan.Field)
            {
                case 1:
                    Request(scan.Content, self, now, touched);
                    break;
                case 4:
                    Confirm(scan.Content, self, own, touched);
                    break;
                case 7:
                    Hello(packet, self, ref own, touched);
                    break;
            }
        }

        return bytes.Length - rest.Length;
    }

    /// <summary>msg:R.</summary>
    private void Request(ReadOnlySpan<byte> content, RelayConnection self, ulong now, List<RelayConnection> touched)
    {
        ReadOnlySpan<byte> id = default, to = default, body = default, type = default;
        for (var scan = new FieldScan(content); scan.Next();)
        {
            switch (scan.Field)
            {
                case 1:
                    id = scan.Content;
                    break;
                case 2:
                    to = scan.Content;
                    break;
                case 3:
                    body = scan.Content;
                    break;
                case 4:
                    type = scan.Content;
                    break;
            }
        }

        self.Acknowledge(id, now, touched);
        relay.Of(to).Pass(self, id, body, type, now, touched);
    }

    /// <summary>ack:R.</summary>
    private static void Confirm(ReadOnlySpan<byte> content, RelayConnection self, RelayMailbox? own, List<RelayConnection> touched)
    {
        var scan = new FieldScan(content);
        while (scan.Next() && scan.Field != 2)
        {
            // The epoch is always the same.
        }

        self.Acknowledge(Epoch, scan.Value, touched);
        own?.Confirm(scan.Value, touched);
    }

    private void Hello(ReadOnlySpan<byte> packet, RelayConnection self, ref RelayMailbox? own, List<RelayConnection> touched)
    {
        var hello = ReadHello(packet);
        self.User = Encoding.UTF8.GetBytes(hello.Token);
        var last = 0UL;
        if (hello.Window > 0)
        {
            own = relay.Of(self.User);
            last = own.Attach(self);
        }

        var position = new Sequence((long)last);
        self.Welcome(new Welcome(new UserId(hello.Token), new Epoch(Epoch), position.Next, position, position, DateTimeOffset.UtcNow, Limits), touched);
    }

    /// <summary>Once per connection, so the product's codec may do it.</summary>
    private static Hello ReadHello(ReadOnlySpan<byte> packet)
    {
        var framed = new byte[FieldWriter.VarintBytes((ulong)packet.Length) + packet.Length];
        var length = packet.Length;
        var at = 0;
        for (; length >= 0x80; length >>= 7)
        {
            framed[at++] = (byte)(length | 0x80);
        }

        framed[at++] = (byte)length;
        packet.CopyTo(framed.AsSpan(at));
        var sequence = new ReadOnlySequence<byte>(framed);
        return PacketCodec.TryRead(ref sequence, ProtocolLimits.HelloBytesMax, out var result) == PacketReadOutcome.Packet && result.Packet is Hello hello
            ? hello
            : throw new InvalidDataException("The first packet is no Hello.");
    }
}
