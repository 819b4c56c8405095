using System.Net.WebSockets;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.Client.Connections;

/// <summary>One packet per WebSocket message (PROTOCOL §3.4).</summary>
/// <param name="socket">Connected; from now on owned by this.</param>
/// <param name="form">What the subprotocol says that packets look like.</param>
/// <param name="http">What made the connection, if that has to be kept as long as it.</param>
internal sealed class WebSocketTransport(WebSocket socket, MessageForm form, IDisposable? http) : IPacketTransport
{
    private const int ReceiveBytes = 4 << 10;
    private const int KeptMax = 512 << 10;

    private readonly OutgoingBytes _outgoing = new();
    private readonly List<Range> _messages = [];
    private readonly WebSocketMessageType _type = form.Kind == FrameKind.Text ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
    private byte[] _message = new byte[ReceiveBytes];
    private int _length;
    private bool _isWhole;
    private bool _isOfOtherType;

    public int WrittenBytes => _outgoing.Buffer.WrittenCount;

    public async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken)
    {
        if (_length == _message.Length)
        {
            Array.Resize(ref _message, 2 * _message.Length);
        }

        var received = await socket.ReceiveAsync(_message.AsMemory(_length), cancellationToken);
        _length += received.Count;
        _isWhole = received.EndOfMessage;
        _isOfOtherType = received.MessageType != _type;
        return received.MessageType != WebSocketMessageType.Close;
    }

    public PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result)
    {
        var messageBytesMax = form.BytesMax(packetBytesMax);
        result = _isOfOtherType ? new(null, ErrorCode.ProtocolViolation, $"A message came that is not {_type}.")
            : _length > messageBytesMax ? new(null, ErrorCode.PacketTooLarge, $"A message is longer than the limit of {messageBytesMax} bytes.")
            : _isWhole ? form.Read(_message.AsMemory(0, _length))
            : default;
        if (result.Packet is null)
        {
            return result.Code == ErrorCode.None ? PacketReadOutcome.Incomplete : PacketReadOutcome.Violation;
        }

        _isWhole = false;
        _length = 0;
        if (_message.Length > KeptMax)
        {
            _message = new byte[ReceiveBytes];
        }

        return PacketReadOutcome.Packet;
    }

    public void Write(Packet packet)
    {
        var start = WrittenBytes;
        form.Write(packet, _outgoing.Buffer);
        _messages.Add((start + form.PrefixBytes(_outgoing.Buffer.WrittenSpan[start..]))..WrittenBytes);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var message in _messages)
        {
            await socket.SendAsync(_outgoing.Buffer.WrittenMemory[message], _type, WebSocketMessageFlags.EndOfMessage, cancellationToken);
        }

        _messages.Clear();
        _outgoing.Clear();
    }

    public ValueTask CloseAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        http?.Dispose();
        return ValueTask.CompletedTask;
    }
}
