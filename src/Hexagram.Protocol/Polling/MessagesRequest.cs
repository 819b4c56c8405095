namespace Hexagram.Protocol.Polling;

/// <summary>The body of <c>POST /v1/messages</c> (PROTOCOL §14.2).</summary>
/// <param name="Requests">1 to <see cref="ProtocolLimits.RequestsPerPostMax"/>, in the order in which they are to be decided.</param>
/// <param name="Held">What the server has told to retry later: the first of each recipient.</param>
public sealed record MessagesRequest(IReadOnlyList<MessageRequest> Requests, IReadOnlyList<Error> Held);
