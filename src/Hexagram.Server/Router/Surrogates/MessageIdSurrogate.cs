using Hexagram.Protocol;
using Orleans;

namespace Hexagram.Server.Router.Surrogates;

/// <summary>How a <see cref="MessageId"/> travels from node to node. Alias and numbers are frozen: nodes of two versions speak to each other during an upgrade.</summary>
[GenerateSerializer, Alias("hexagram.message-id")]
internal struct MessageIdSurrogate
{
    [Id(0)]
    public byte[] Bytes;
}

[RegisterConverter]
internal sealed class MessageIdConverter : IConverter<MessageId, MessageIdSurrogate>
{
    public MessageId ConvertFromSurrogate(in MessageIdSurrogate surrogate) =>
        MessageId.TryRead(surrogate.Bytes, out var id) ? id : throw new InvalidDataException("A message id from another node is no UUID of version 7.");

    public MessageIdSurrogate ConvertToSurrogate(in MessageId value) => new() { Bytes = value.ToBytes() };
}
