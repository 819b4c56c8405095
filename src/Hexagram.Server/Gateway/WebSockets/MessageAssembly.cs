using System.Buffers;
using Hexagram.Protocol;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.Server.Gateway.WebSockets;

/// <summary>
/// Puts the frames of a message together, unmasked. Its memory is borrowed while a message is under way, so that a quiet session holds none;
/// no more is borrowed than the message may have. Not thread-safe.
/// </summary>
internal sealed class MessageAssembly(FrameKind messageKind)
{
    /// <summary>A message in more frames than this serves nothing but to keep the server busy.</summary>
    private const int FramesMax = 1_024;

    private byte[] _bytes = [];
    private int _length;
    private int _frames;

    /// <summary>The message so far.</summary>
    public ReadOnlyMemory<byte> Message => _bytes.AsMemory(0, _length);

    /// <summary>Why a data frame has no place here; <see cref="ErrorCode.None"/> when it has. Asked before its payload is waited for.</summary>
    public (ErrorCode Code, string Fault) Fault(in FrameHeader frame, int messageBytesMax)
    {
        if ((frame.Kind == FrameKind.Continuation) != (_frames > 0))
        {
            return (ErrorCode.ProtocolViolation, _frames > 0 ? "A WebSocket message began before the last one was over." : "A WebSocket message was continued that has not begun.");
        }

        if (frame.Kind != FrameKind.Continuation && frame.Kind != messageKind)
        {
            return (ErrorCode.ProtocolViolation, $"A {frame.Kind} message came; this subprotocol is spoken in {messageKind} messages.");
        }

        return frame.Length > messageBytesMax - _length ? (ErrorCode.PacketTooLarge, $"A message of {_length + frame.Length} bytes or more is longer than the limit of {messageBytesMax}.")
            : _frames == FramesMax ? (ErrorCode.ProtocolViolation, $"A WebSocket message has more than {FramesMax} fragments.")
            : default;
    }

    /// <summary>Adds the payload of a frame.</summary>
    public void Add(in ReadOnlySequence<byte> payload, uint mask)
    {
        var length = (int)payload.Length;
        if (_length + length > _bytes.Length)
        {
            // The first frame is mostly the only one, and gets what it needs; whoever fragments pays for a few copies.
            var larger = ArrayPool<byte>.Shared.Rent(_frames == 0 ? length : Math.Max(_length + length, 2 * _length));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            GiveBack();
            _bytes = larger;
        }

        FrameMask.CopyTo(payload, _bytes.AsSpan(_length), mask);
        _length += length;
        _frames++;
    }

    /// <summary>The message has been read.</summary>
    public void Clear()
    {
        GiveBack();
        _length = 0;
        _frames = 0;
    }

    private void GiveBack()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
