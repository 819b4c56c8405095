using Hexagram.Protocol;
using Orleans;

namespace Hexagram.Server.Router.Surrogates;

/// <summary>How a <see cref="DeviceId"/> travels from node to node. Alias and numbers are frozen: nodes of two versions speak to each other during an upgrade.</summary>
[GenerateSerializer, Alias("hexagram.device-id")]
internal struct DeviceIdSurrogate
{
    [Id(0)]
    public string Value;
}

[RegisterConverter]
internal sealed class DeviceIdConverter : IConverter<DeviceId, DeviceIdSurrogate>
{
    public DeviceId ConvertFromSurrogate(in DeviceIdSurrogate surrogate) => new(surrogate.Value);

    public DeviceIdSurrogate ConvertToSurrogate(in DeviceId value) => new() { Value = value.Value };
}
