using Hexagram.Protocol;
using Orleans;

namespace Hexagram.Server.Router.Surrogates;

/// <summary>How a <see cref="UserId"/> travels from node to node. Alias and numbers are frozen: nodes of two versions speak to each other during an upgrade.</summary>
[GenerateSerializer, Alias("hexagram.user-id")]
internal struct UserIdSurrogate
{
    [Id(0)]
    public string Value;
}

[RegisterConverter]
internal sealed class UserIdConverter : IConverter<UserId, UserIdSurrogate>
{
    public UserId ConvertFromSurrogate(in UserIdSurrogate surrogate) => new(surrogate.Value);

    public UserIdSurrogate ConvertToSurrogate(in UserId value) => new() { Value = value.Value };
}
