using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Hexagram.Protocol.Codec;

namespace Hexagram.Client.Tests.Scripted;

/// <summary>The server's end of one connection.</summary>
internal sealed class ScriptedConnection(TcpClient client)
{
    internal static readonly Epoch Epoch = new(0xE1);
    internal static readonly UserId User = new("alice");

    private readonly NetworkStream _stream = client.GetStream();
    private readonly PipeReader _reader = PipeReader.Create(client.GetStream());

    /// <summary>The Hello that was answered by <see cref="WelcomeAsync"/>.</summary>
    internal Hello Hello { get; private set; } = null!;

    /// <summary>What a server says that has nothing to bring.</summary>
    internal static Welcome PlainWelcome { get; } = new(
        User,
        Epoch,
        new Sequence(1),
        Sequence.None,
        Sequence.None,
        DateTimeOffset.UnixEpoch.AddYears(56),
        new SessionLimits(1 << 20, 256, 1_024, TimeSpan.FromDays(30)));

    /// <summary>Reads Hello and answers it: by default as the server of a mailbox that stands where the client's inbox does.</summary>
    internal async Task WelcomeAsync(Func<Welcome, Welcome>? change = null)
    {
        Hello = await ReadAsync<Hello>();
        var welcome = PlainWelcome with { ResumeAfter = Hello.Cursor, Last = Hello.Cursor };
        await SendAsync(change?.Invoke(welcome) ?? welcome);
    }

    internal async Task SendAsync(params Packet[] packets)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var packet in packets)
        {
            PacketCodec.Write(packet, buffer);
        }

        await _stream.WriteAsync(buffer.WrittenMemory);
    }

    internal async Task SendBytesAsync(params byte[] bytes) => await _stream.WriteAsync(bytes);

    /// <summary>The next packet, which must be of this kind.</summary>
    internal async Task<T> ReadAsync<T>()
        where T : Packet => Assert.IsType<T>(await ReadAsync());

    /// <summary>The next packet.</summary>
    internal async Task<Packet> ReadAsync() => await TryReadAsync() ?? throw new InvalidOperationException("The client closed the connection.");

    /// <summary>Reads until the client closes the connection.</summary>
    internal async Task<IReadOnlyList<Packet>> ReadToEndAsync()
    {
        var packets = new List<Packet>();
        while (await TryReadAsync() is { } packet)
        {
            packets.Add(packet);
        }

        return packets;
    }

    internal void Close() => client.Dispose();

    private async Task<Packet?> TryReadAsync()
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await _reader.ReadAsync().AsTask().Within();
            }
            catch (IOException)
            {
                // Reset: as good as closed.
                return null;
            }

            var input = read.Buffer;
            var outcome = PacketCodec.TryRead(ref input, 32 << 20, out var result);
            Assert.NotEqual(PacketReadOutcome.Violation, outcome);
            if (outcome == PacketReadOutcome.Packet)
            {
                _reader.AdvanceTo(input.Start);
                return result.Packet;
            }

            _reader.AdvanceTo(input.Start, input.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }
}
