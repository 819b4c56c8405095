using Hexagram.Protocol;

namespace Hexagram.Simulation.Engine;

/// <summary>One row of the protocol's loss table: a packet that does not arrive, or a process that dies at a named point.</summary>
internal enum Loss
{
    MessageRequest,
    MessageAcknowledge,
    MessageNotify,
    AckRequest,
    AckAcknowledge,
    AckNotify,
    ServerDiesBeforeMessageAcknowledge,
    ServerDiesBeforeMessageNotify,
    ServerDiesBeforeAckNotify,
    RecipientDiesBeforeCommit,
    RecipientDiesBeforeAckRequest,
}

/// <summary>Losses that strike once each, at the first chance. A lost packet either takes its connection with it or goes alone.</summary>
internal sealed class Losses(bool cutsTheConnection, params Loss[] losses)
{
    private readonly List<Loss> _losses = [.. losses];

    /// <summary>Nothing is lost on purpose.</summary>
    internal static Losses None => new(false);

    internal bool CutsTheConnection => cutsTheConnection;

    internal bool AllStruck => _losses.Count == 0;

    /// <summary>Whether <paramref name="loss"/> strikes here; it will not strike again.</summary>
    internal bool Strikes(Loss loss) => _losses.Remove(loss);

    internal bool Strikes(Packet packet) => packet switch
    {
        MessageRequest => Strikes(Loss.MessageRequest),
        MessageAcknowledge => Strikes(Loss.MessageAcknowledge),
        MessageNotify => Strikes(Loss.MessageNotify),
        AckRequest => Strikes(Loss.AckRequest),
        AckAcknowledge => Strikes(Loss.AckAcknowledge),
        AckNotify => Strikes(Loss.AckNotify),
        _ => false,
    };
}
