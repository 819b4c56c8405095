using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// From the packet to its protobuf form. Bodies are not copied here, only referred to. What the types of a packet do not
/// rule out and no reader accepts is refused where the number is turned, so that a mistake shows at the side that made it.
/// </summary>
internal static class PacketWriter
{
    /// <exception cref="ArgumentException">The packet holds something that no reader accepts.</exception>
    internal static Wire.Packet Write(Packet packet) => packet switch
    {
        MessageRequest it => new() { MessageRequest = Write(it) },
        MessageAcknowledge it => new() { MessageAcknowledge = new() { Id = Bytes(it.Id), AcceptedAt = Instant(it.AcceptedAt) } },
        MessageNotify it => new() { MessageNotify = Write(it) },
        AckRequest it => new() { AckRequest = new() { Epoch = Present(it.Epoch), UpTo = Number(it.UpTo.Value, min: 1) } },
        AckAcknowledge it => new() { AckAcknowledge = new() { Epoch = Present(it.Epoch), UpTo = Number(it.UpTo.Value) } },
        AckNotify it => new() { AckNotify = Write(it) },
        Hello it => new() { Hello = Write(it) },
        Welcome it => new() { Welcome = Write(it) },
        StatusRequest it => new() { StatusRequest = Write(it) },
        StatusAcknowledge it => new() { StatusAcknowledge = Write(it) },
        Ping => new() { Ping = new() },
        Pong => new() { Pong = new() },
        Error it => new() { Error = Write(it) },
        Goodbye it => new() { Goodbye = Write(it) },
        _ => throw new ArgumentException($"{packet.GetType().Name} has no binary form.", nameof(packet)),
    };

    private static Wire.MessageRequest Write(MessageRequest packet) => new()
    {
        Id = Bytes(packet.Id),
        To = packet.To.Value,
        Content = UnsafeByteOperations.UnsafeWrap(packet.Body.Content),
        ContentType = packet.Body.ContentType ?? "",
    };

    private static Wire.MessageNotify Write(MessageNotify packet) => new()
    {
        Sequence = Number(packet.Sequence.Value, min: 1),
        Id = Bytes(packet.Id),
        From = packet.From.Value,
        AcceptedAt = Instant(packet.AcceptedAt),
        Content = UnsafeByteOperations.UnsafeWrap(packet.Body.Content),
        ContentType = packet.Body.ContentType ?? "",
        Redelivered = packet.Redelivered,
    };

    private static Wire.AckNotify Write(AckNotify packet)
    {
        Require(packet.State is MessageState.Stored or MessageState.Delivered, packet.State);
        var wire = new Wire.AckNotify { By = packet.By.Value, State = (Wire.MessageState)packet.State };
        Add(packet.Ids, wire.Ids);
        return wire;
    }

    private static Wire.Hello Write(Hello packet)
    {
        Require(packet.Start is StreamStart.Oldest or StreamStart.Latest, packet.Start);
        return new()
        {
            Token = Token(packet.Token),
            Device = packet.Device.Value,
            Connection = Number(packet.Connection.Value, min: 1),
            Epoch = packet.Epoch.Value,
            Cursor = Number(packet.Cursor.Value),
            Window = (uint)Number(packet.Window),
            WindowBytes = (uint)Number(packet.WindowBytes),
            Start = (Wire.StreamStart)packet.Start,
            Software = PlainLine.Fit(packet.Software, ProtocolLimits.SoftwareBytesMax),
        };
    }

    private static Wire.Welcome Write(Welcome packet)
    {
        Require(packet.FirstAvailable - packet.Last <= 1, packet.FirstAvailable);
        return new()
        {
            User = packet.User.Value,
            Epoch = Present(packet.Epoch),
            FirstAvailable = Number(packet.FirstAvailable.Value, min: 1),
            Last = Number(packet.Last.Value),
            ResumeAfter = Number(packet.ResumeAfter.Value),
            ServerTime = Instant(packet.ServerTime),
            Limits = Write(packet.Limits),
        };
    }

    private static Wire.SessionLimits Write(SessionLimits limits)
    {
        Require(limits.BodyBytesMax <= ProtocolLimits.BodyBytesMaxCeiling, limits.BodyBytesMax);
        Require(limits.Horizon >= TimeSpan.Zero && limits.Horizon <= ProtocolLimits.HorizonMax, limits.Horizon);
        return new()
        {
            BodyBytesMax = (uint)Number(limits.BodyBytesMax, min: 1),
            RequestsInFlightMax = (uint)Number(limits.RequestsInFlightMax, min: 1),
            WindowMax = (uint)Number(limits.WindowMax, min: 1),
            Horizon = (ulong)limits.Horizon.TotalMilliseconds,
        };
    }

    private static Wire.StatusRequest Write(StatusRequest packet)
    {
        var wire = new Wire.StatusRequest { To = packet.To.Value };
        Add(packet.Ids, wire.Ids);
        return wire;
    }

    private static Wire.StatusAcknowledge Write(StatusAcknowledge packet)
    {
        Require(packet.Statuses.Count is > 0 and <= ProtocolLimits.IdsPerPacketMax, packet.Statuses.Count);
        var wire = new Wire.StatusAcknowledge { To = packet.To.Value };
        foreach (var status in packet.Statuses)
        {
            Require(status.State is >= MessageState.Waiting and <= MessageState.Delivered, status.State);
            wire.Statuses.Add(new Wire.MessageStatus { Id = Bytes(status.Id), State = (Wire.MessageState)status.State, Forgotten = status.Forgotten });
        }

        return wire;
    }

    private static Wire.Error Write(Error packet) => new()
    {
        Code = Code(packet.Code),
        Text = PlainLine.Fit(packet.Text, ProtocolLimits.TextBytesMax),
        Id = Bytes(packet.Id),
        To = packet.To.Value,
        RetryAfter = Wait(packet.RetryAfter),
    };

    private static Wire.Goodbye Write(Goodbye packet) => new()
    {
        Code = Code(packet.Code),
        Text = PlainLine.Fit(packet.Text, ProtocolLimits.TextBytesMax),
        RetryAfter = Wait(packet.RetryAfter),
    };

    private static ByteString Bytes(MessageId id, [CallerArgumentExpression(nameof(id))] string what = "")
    {
        Require(id != default, id, what);

        // A fresh array that nobody else knows needs no second copy.
        return UnsafeByteOperations.UnsafeWrap(id.ToBytes());
    }

    private static void Add(IReadOnlyList<MessageId> ids, Google.Protobuf.Collections.RepeatedField<ByteString> list)
    {
        Require(ids.Count is > 0 and <= ProtocolLimits.IdsPerPacketMax, ids.Count);
        list.Capacity = ids.Count;
        for (var i = 0; i < ids.Count; i++)
        {
            list.Add(Bytes(ids[i]));
        }
    }

    private static ulong Number(long value, long min = 0, [CallerArgumentExpression(nameof(value))] string what = "")
    {
        Require(value >= min && value <= ProtocolLimits.NumberMax, value, what);
        return (ulong)value;
    }

    private static ulong Present(Epoch epoch, [CallerArgumentExpression(nameof(epoch))] string what = "")
    {
        Require(epoch != Epoch.None, epoch, what);
        return epoch.Value;
    }

    private static ulong Instant(DateTimeOffset value, [CallerArgumentExpression(nameof(value))] string what = "")
    {
        var milliseconds = value.ToUnixTimeMilliseconds();
        Require(milliseconds >= 0, value, what);
        return (ulong)milliseconds;
    }

    private static string Token(string token)
    {
        // The words of the exception may end in a log, the token may not.
        Require(FieldReader.IsToken(token), token.Length, "the length of a token that is too long or not printable ASCII");
        return token;
    }

    /// <summary>"At the least" rounds up, to whole milliseconds.</summary>
    private static uint Wait(TimeSpan value, [CallerArgumentExpression(nameof(value))] string what = "")
    {
        Require(value >= TimeSpan.Zero && value <= ProtocolLimits.RetryAfterMax, value, what);
        return (uint)Math.Ceiling(value.TotalMilliseconds);
    }

    private static Wire.ErrorCode Code(ErrorCode code)
    {
        Require(code > ErrorCode.None, code);
        return (Wire.ErrorCode)code;
    }

    private static void Require<T>(bool holds, T value, [CallerArgumentExpression(nameof(value))] string what = "")
    {
        if (!holds)
        {
            throw new ArgumentException($"{what} is {value}, which no reader accepts (PROTOCOL §3).");
        }
    }
}
