namespace Hexagram.Delivery.Tests.Traces;

/// <summary>The rows of the loss table (PROTOCOL §12). What is lost of a connection is its tail, and with it the connection; a hint may be lost by itself.</summary>
internal enum Loss
{
    MessageRequest,
    MessageAcknowledge,
    MessageNotify,
    AckRequest,
    AckAcknowledge,
    AckNotify,
    ServerBeforeMessageAcknowledge,
    ServerBeforeMessageNotify,
    ServerBeforeAckNotify,
    RecipientBeforeCommit,
    RecipientAfterCommit,
}
