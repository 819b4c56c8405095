using Hexagram.Fuzz.Targets;
using Hexagram.Protocol;

namespace Hexagram.Fuzz.Sessions;

/// <summary>What a hostile server says next, as an input chooses it.</summary>
internal sealed class ClientScript(InputBytes choices, Hello hello, ClientStage stage)
{
    private static readonly DateTimeOffset Now = ClientStage.ServerTime;
    private static readonly long[] Numbers = [0, 1, 2, 3, 5, 8, 100, 1_000_000, ProtocolLimits.NumberMax - 1, ProtocolLimits.NumberMax];
    private static readonly Epoch[] Epochs = [new(0xE1), new(0xE2), new(ulong.MaxValue)];

    private long _sequence = hello.Cursor.Value;
    private int _redelivered;

    /// <summary>The packet that <paramref name="op"/> stands for.</summary>
    public Packet Packet(int op) => op switch
    {
        0 => Welcome(),
        1 => Notify(),
        2 => new MessageAcknowledge(Id(), Time()),
        3 => new AckNotify(new UserId("bob"), [.. Ids()], choices.Of(MessageState.Stored, MessageState.Delivered)),
        4 => new StatusAcknowledge(new UserId("bob"), [.. Ids().Select(id => new MessageStatus(id, choices.Of(MessageState.Waiting, MessageState.Accepted, MessageState.Stored, MessageState.Delivered), choices.Of(false, false, false, true)))]),
        5 => new Error(choices.Of(ErrorCode.MailboxFull, ErrorCode.BodyTooLarge, ErrorCode.Expired, ErrorCode.Conflict, ErrorCode.TokenInvalid, (ErrorCode)1_999, (ErrorCode)int.MaxValue), "", Id(), new UserId("bob"), TimeSpan.FromMilliseconds(choices.Of(0, 1, 86_400_000))),
        6 => new AckAcknowledge(choices.Of(Epochs), new Sequence(choices.Of(Numbers))),
        7 => new Goodbye(choices.Of(ErrorCode.Restarting, ErrorCode.TokenInvalid, ErrorCode.Superseded, ErrorCode.CursorAhead, ErrorCode.Idle, (ErrorCode)1, (ErrorCode)int.MaxValue), "", TimeSpan.FromMilliseconds(choices.Of(0, 1, 86_400_000))),
        8 => Ping.Instance,
        9 => Pong.Instance,
        _ => SomePackets.OfEachKind[choices.Next() % SomePackets.OfEachKind.Count],
    };

    private Welcome Welcome()
    {
        var resume = choices.Of<long>(0, hello.Cursor.Value, hello.Cursor.Value, Math.Min(hello.Cursor.Value + 3, ProtocolLimits.NumberMax), ProtocolLimits.NumberMax);
        var last = Math.Max(resume, choices.Of(Numbers));
        _sequence = resume;
        return new Welcome(
            choices.Of(ClientStage.Alice, ClientStage.Alice, ClientStage.Alice, new UserId("mallory")),
            choices.Of(Epochs),
            new Sequence(Math.Max(1, Math.Min(last, resume))),
            new Sequence(last),
            new Sequence(resume),
            Time(),
            new SessionLimits(choices.Of(1 << 20, 1, ProtocolLimits.BodyBytesMaxCeiling), choices.Of(256, 1, int.MaxValue), choices.Of(1_024, 1, int.MaxValue), choices.Of(TimeSpan.FromDays(30), TimeSpan.Zero, ProtocolLimits.HorizonMax)));
    }

    private MessageNotify Notify()
    {
        var sequence = choices.Next() switch
        {
            < 0xC0 => _sequence = Math.Min(_sequence + 1, ProtocolLimits.NumberMax),
            < 0xD0 => Math.Max(1, _sequence),
            var other => Math.Max(1, Numbers[other % Numbers.Length]),
        };

        // The same entry under another number, too: the client knows it by its id.
        var again = choices.Next() > 0xF0 && _redelivered > 0;
        var id = again ? SomePackets.Id(1_000 + _redelivered) : stage.NewId(out _redelivered);
        return new MessageNotify(new Sequence(sequence), id, new UserId("bob"), Time(), choices.Of(new string('x', 50), "", new string('y', 5_000)), false);
    }

    private MessageId Id() => choices.Next() is var which && which < 0xC0 && stage.Sent.Count > 0 ? stage.Sent[which % stage.Sent.Count] : SomePackets.Id(which);

    private List<MessageId> Ids() => [.. Enumerable.Range(0, 1 + (choices.Next() % 4)).Select(_ => Id())];

    private DateTimeOffset Time() => choices.Of(Now, Now, Now.AddYears(-50), DateTimeOffset.UnixEpoch, DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
