using Hexagram.Protocol;

namespace Hexagram.Simulation.Engine;

/// <summary>A packet that does not arrive, or a point between two steps at which a process dies. The first rows are the protocol's loss table.</summary>
internal enum Loss
{
    MessageRequest,
    MessageAcknowledge,
    MessageNotify,
    AckRequest,
    AckAcknowledge,
    AckNotify,
    ServerDiesBeforeCommit,
    ServerDiesAfterCommit,
    ServerDiesBeforeMessageAcknowledge,
    ServerDiesBeforeMessageNotify,
    ServerDiesAfterMessageNotify,
    ServerDiesBeforeConfirmation,
    ServerDiesBeforeAckAcknowledge,
    ServerDiesBeforeAckNotify,
    SenderDiesBeforeMark,
    SenderDiesAfterMark,
    SenderDiesAfterMessageRequest,
    SenderDiesOnMessageAcknowledge,
    RecipientDiesBeforeCommit,
    RecipientDiesBeforeAckRequest,

    // ---- beside the six: only random schedules have them --------------------------------------
    Hello,
    Welcome,
    StatusRequest,
    StatusAcknowledge,
    Error,
    ServerDiesBeforeWelcome,
    RecipientDiesBeforeAdopting,
    SenderBurnsOnMessageAcknowledge,
}

/// <summary>Losses that strike once each, at the first chance. A lost packet either takes its connection with it or goes alone.</summary>
internal sealed class Losses(bool cutsTheConnection, params Loss[] losses)
{
    private readonly List<(Loss Loss, int Spared)> _losses = [.. losses.Select(loss => (loss, 0))];

    /// <summary>A packet inside a living stream never goes alone; a test may do so all the same.</summary>
    internal bool CutsTheConnection => cutsTheConnection;

    internal bool AllStruck => _losses.Count == 0;

    /// <summary>From now on <paramref name="loss"/> strikes once, when it has spared so many chances.</summary>
    internal void Arm(Loss loss, int spared) => _losses.Add((loss, spared));

    /// <summary>The time of trouble is over.</summary>
    internal void Disarm() => _losses.Clear();

    /// <summary>Whether <paramref name="loss"/> strikes here; it will not strike again.</summary>
    internal bool Strikes(Loss loss)
    {
        for (var n = 0; n < _losses.Count; n++)
        {
            if (_losses[n].Loss != loss)
            {
                continue;
            }

            if (_losses[n].Spared == 0)
            {
                _losses.RemoveAt(n);
                return true;
            }

            _losses[n] = (loss, _losses[n].Spared - 1);
            return false;
        }

        return false;
    }

    internal bool Strikes(Packet packet) => _losses.Count > 0 && Of(packet) is { } loss && Strikes(loss);

    private static Loss? Of(Packet packet) => packet switch
    {
        MessageRequest => Loss.MessageRequest,
        MessageAcknowledge => Loss.MessageAcknowledge,
        MessageNotify => Loss.MessageNotify,
        AckRequest => Loss.AckRequest,
        AckAcknowledge => Loss.AckAcknowledge,
        AckNotify => Loss.AckNotify,
        Hello => Loss.Hello,
        Welcome => Loss.Welcome,
        StatusRequest => Loss.StatusRequest,
        StatusAcknowledge => Loss.StatusAcknowledge,
        Error => Loss.Error,
        _ => null,
    };
}
