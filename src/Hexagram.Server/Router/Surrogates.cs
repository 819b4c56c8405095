using Hexagram.Protocol;
using Hexagram.Storage;
using Orleans;

namespace Hexagram.Server.Router;

// What crosses from node to node is made of types that know nothing of Orleans; here is how each travels. The aliases and
// the numbers are frozen: nodes of two versions speak to each other during an upgrade.

/// <summary>How a <see cref="UserId"/> travels.</summary>
[GenerateSerializer, Alias("hexagram.user-id")]
internal struct UserIdSurrogate
{
    [Id(0)]
    public string Value;
}

/// <summary>How a <see cref="DeviceId"/> travels.</summary>
[GenerateSerializer, Alias("hexagram.device-id")]
internal struct DeviceIdSurrogate
{
    [Id(0)]
    public string Value;
}

/// <summary>How a <see cref="ConnectionNumber"/> travels.</summary>
[GenerateSerializer, Alias("hexagram.connection-number")]
internal struct ConnectionNumberSurrogate
{
    [Id(0)]
    public long Value;
}

/// <summary>How a <see cref="MessageId"/> travels.</summary>
[GenerateSerializer, Alias("hexagram.message-id")]
internal struct MessageIdSurrogate
{
    [Id(0)]
    public byte[] Bytes;
}

/// <summary>How an <see cref="Entry"/> travels.</summary>
[GenerateSerializer, Alias("hexagram.entry")]
internal struct EntrySurrogate
{
    [Id(0)]
    public long Sequence;

    [Id(1)]
    public MessageId Id;

    [Id(2)]
    public UserId From;

    [Id(3)]
    public DateTimeOffset AcceptedAt;

    [Id(4)]
    public byte[] Content;

    [Id(5)]
    public string ContentType;
}
