using Hexagram.Protocol;
using Hexagram.Storage;
using Orleans;

namespace Hexagram.Server.Router.Surrogates;

/// <summary>How an <see cref="Entry"/> travels from node to node. Alias and numbers are frozen: nodes of two versions speak to each other during an upgrade.</summary>
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
