using Hexagram.Protocol;
using Orleans;

namespace Hexagram.Server.Router.Surrogates;

/// <summary>How a <see cref="ConnectionNumber"/> travels from node to node. Alias and numbers are frozen: nodes of two versions speak to each other during an upgrade.</summary>
[GenerateSerializer, Alias("hexagram.connection-number")]
internal struct ConnectionNumberSurrogate
{
    [Id(0)]
    public long Value;
}

[RegisterConverter]
internal sealed class ConnectionNumberConverter : IConverter<ConnectionNumber, ConnectionNumberSurrogate>
{
    public ConnectionNumber ConvertFromSurrogate(in ConnectionNumberSurrogate surrogate) => new(surrogate.Value);

    public ConnectionNumberSurrogate ConvertToSurrogate(in ConnectionNumber value) => new() { Value = value.Value };
}
