using Hexagram.Protocol;
using Hexagram.Storage;
using Orleans;

namespace Hexagram.Server.Router;

[RegisterConverter]
internal sealed class UserIdConverter : IConverter<UserId, UserIdSurrogate>
{
    public UserId ConvertFromSurrogate(in UserIdSurrogate surrogate) => new(surrogate.Value);

    public UserIdSurrogate ConvertToSurrogate(in UserId value) => new() { Value = value.Value };
}

[RegisterConverter]
internal sealed class DeviceIdConverter : IConverter<DeviceId, DeviceIdSurrogate>
{
    public DeviceId ConvertFromSurrogate(in DeviceIdSurrogate surrogate) => new(surrogate.Value);

    public DeviceIdSurrogate ConvertToSurrogate(in DeviceId value) => new() { Value = value.Value };
}

[RegisterConverter]
internal sealed class ConnectionNumberConverter : IConverter<ConnectionNumber, ConnectionNumberSurrogate>
{
    public ConnectionNumber ConvertFromSurrogate(in ConnectionNumberSurrogate surrogate) => new(surrogate.Value);

    public ConnectionNumberSurrogate ConvertToSurrogate(in ConnectionNumber value) => new() { Value = value.Value };
}

[RegisterConverter]
internal sealed class MessageIdConverter : IConverter<MessageId, MessageIdSurrogate>
{
    public MessageId ConvertFromSurrogate(in MessageIdSurrogate surrogate) =>
        MessageId.TryRead(surrogate.Bytes, out var id) ? id : throw new InvalidDataException("A message id from another node is no UUID of version 7.");

    public MessageIdSurrogate ConvertToSurrogate(in MessageId value) => new() { Bytes = value.ToBytes() };
}

[RegisterConverter]
internal sealed class EntryConverter : IConverter<Entry, EntrySurrogate>
{
    public Entry ConvertFromSurrogate(in EntrySurrogate surrogate) =>
        Body.TryCreate(surrogate.Content, surrogate.ContentType, out var body)
            ? new Entry(new Sequence(surrogate.Sequence), surrogate.Id, surrogate.From, surrogate.AcceptedAt, body)
            : throw new InvalidDataException("An entry from another node has an invalid body.");

    public EntrySurrogate ConvertToSurrogate(in Entry value) => new()
    {
        Sequence = value.Sequence.Value,
        Id = value.Id,
        From = value.From,
        AcceptedAt = value.AcceptedAt,
        Content = value.Body.Content.ToArray(),
        ContentType = value.Body.ContentType ?? "",
    };
}
