using System.Globalization;
using System.Text.Json.Nodes;

namespace Hexagram.Protocol.Tests.Vectors;

/// <summary>The JSON form of packets (PROTOCOL §3.5), as far as the vectors need it: no checks beyond those of the types.</summary>
internal static class PacketJson
{
    internal static Packet Read(JsonNode json) => json["kind"]!.GetValue<string>() switch
    {
        "msg:R" => new MessageRequest(Id(json), User(json, "to"), ReadBody(json)),
        "msg:A" => new MessageAcknowledge(Id(json), Instant(json, "acceptedAt")),
        "msg:N" => new MessageNotify(Entry(json, "sequence"), Id(json), User(json, "from"), Instant(json, "acceptedAt"), ReadBody(json), Flag(json, "redelivered")),
        "ack:R" => new AckRequest(ReadEpoch(json), Entry(json, "upTo")),
        "ack:A" => new AckAcknowledge(ReadEpoch(json), Entry(json, "upTo")),
        "ack:N" => new AckNotify(User(json, "by"), Ids(json), State(json)),
        "hello" => new Hello(
            Text(json, "token"),
            new DeviceId(Text(json, "device")),
            new ConnectionNumber(json["connection"]!.GetValue<long>()),
            ReadEpoch(json),
            Entry(json, "cursor"),
            json["window"]!.GetValue<int>(),
            json["windowBytes"]!.GetValue<int>(),
            Enum.Parse<StreamStart>(Text(json, "start"), ignoreCase: true),
            Text(json, "software")),
        "welcome" => new Welcome(
            User(json, "user"),
            ReadEpoch(json),
            Entry(json, "firstAvailable"),
            Entry(json, "last"),
            Entry(json, "resumeAfter"),
            Instant(json, "serverTime"),
            ReadLimits(json["limits"]!)),
        "status:R" => new StatusRequest(User(json, "to"), Ids(json)),
        "status:A" => new StatusAcknowledge(
            User(json, "to"),
            [.. json["statuses"]!.AsArray().Select(status => new MessageStatus(Id(status!), State(status!), Flag(status!, "forgotten")))]),
        "ping" => Ping.Instance,
        "pong" => Pong.Instance,
        "error" => new Error(Code(json), Text(json, "text"), Id(json), User(json, "to"), RetryAfter(json)),
        "goodbye" => new Goodbye(Code(json), Text(json, "text"), RetryAfter(json)),
        var kind => throw new ArgumentException($"There is no kind {kind}.", nameof(json)),
    };

    internal static JsonObject Write(Packet packet) => packet switch
    {
        MessageRequest it => With(it.Body, new() { ["kind"] = "msg:R", ["id"] = $"{it.Id}", ["to"] = $"{it.To}" }),
        MessageAcknowledge it => new() { ["kind"] = "msg:A", ["id"] = $"{it.Id}", ["acceptedAt"] = Instant(it.AcceptedAt) },
        MessageNotify it => WithFlag("redelivered", it.Redelivered, With(it.Body, new()
        {
            ["kind"] = "msg:N",
            ["sequence"] = it.Sequence.Value,
            ["id"] = $"{it.Id}",
            ["from"] = $"{it.From}",
            ["acceptedAt"] = Instant(it.AcceptedAt),
        })),
        AckRequest it => new() { ["kind"] = "ack:R", ["epoch"] = $"{it.Epoch}", ["upTo"] = it.UpTo.Value },
        AckAcknowledge it => new() { ["kind"] = "ack:A", ["epoch"] = $"{it.Epoch}", ["upTo"] = it.UpTo.Value },
        AckNotify it => new() { ["kind"] = "ack:N", ["by"] = $"{it.By}", ["ids"] = Ids(it.Ids), ["state"] = State(it.State) },
        Hello it => new()
        {
            ["kind"] = "hello",
            ["token"] = it.Token,
            ["device"] = $"{it.Device}",
            ["connection"] = it.Connection.Value,
            ["epoch"] = $"{it.Epoch}",
            ["cursor"] = it.Cursor.Value,
            ["window"] = it.Window,
            ["windowBytes"] = it.WindowBytes,
            ["start"] = it.Start == StreamStart.Latest ? "latest" : "oldest",
            ["software"] = it.Software,
        },
        Welcome it => new()
        {
            ["kind"] = "welcome",
            ["user"] = $"{it.User}",
            ["epoch"] = $"{it.Epoch}",
            ["firstAvailable"] = it.FirstAvailable.Value,
            ["last"] = it.Last.Value,
            ["resumeAfter"] = it.ResumeAfter.Value,
            ["serverTime"] = Instant(it.ServerTime),
            ["limits"] = new JsonObject
            {
                ["bodyBytesMax"] = it.Limits.BodyBytesMax,
                ["requestsInFlightMax"] = it.Limits.RequestsInFlightMax,
                ["windowMax"] = it.Limits.WindowMax,
                ["horizonMilliseconds"] = (long)it.Limits.Horizon.TotalMilliseconds,
            },
        },
        StatusRequest it => new() { ["kind"] = "status:R", ["to"] = $"{it.To}", ["ids"] = Ids(it.Ids) },
        StatusAcknowledge it => new()
        {
            ["kind"] = "status:A",
            ["to"] = $"{it.To}",
            ["statuses"] = new JsonArray([.. it.Statuses.Select(status =>
                WithFlag("forgotten", status.Forgotten, new() { ["id"] = $"{status.Id}", ["state"] = State(status.State) }))]),
        },
        Ping => new() { ["kind"] = "ping" },
        Pong => new() { ["kind"] = "pong" },
        Error it => With(it.RetryAfter, new() { ["kind"] = "error", ["code"] = (int)it.Code, ["text"] = it.Text, ["id"] = $"{it.Id}", ["to"] = $"{it.To}" }),
        Goodbye it => With(it.RetryAfter, new() { ["kind"] = "goodbye", ["code"] = (int)it.Code, ["text"] = it.Text }),
        _ => throw new ArgumentException($"{packet.GetType().Name} has no JSON form.", nameof(packet)),
    };

    private static string Text(JsonNode json, string name) => json[name]!.GetValue<string>();

    private static bool Flag(JsonNode json, string name) => json[name]?.GetValue<bool>() ?? false;

    private static MessageId Id(JsonNode json) => Id(Text(json, "id"));

    private static MessageId Id(string text) => MessageId.TryParse(text, out var id) ? id : throw new ArgumentException($"{text} is no message id.", nameof(text));

    private static MessageId[] Ids(JsonNode json) => [.. json["ids"]!.AsArray().Select(id => Id(id!.GetValue<string>()))];

    private static JsonArray Ids(IEnumerable<MessageId> ids) => new([.. ids.Select(id => JsonValue.Create($"{id}"))]);

    private static UserId User(JsonNode json, string name) => new(Text(json, name));

    private static Sequence Entry(JsonNode json, string name) => new(json[name]!.GetValue<long>());

    private static Epoch ReadEpoch(JsonNode json) => new(ulong.Parse(Text(json, "epoch"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    private static MessageState State(JsonNode json) => Enum.Parse<MessageState>(Text(json, "state"), ignoreCase: true);

    private static string State(MessageState state) => state switch
    {
        MessageState.Waiting => "waiting",
        MessageState.Accepted => "accepted",
        MessageState.Stored => "stored",
        _ => "delivered",
    };

    private static ErrorCode Code(JsonNode json) => (ErrorCode)json["code"]!.GetValue<int>();

    private static TimeSpan RetryAfter(JsonNode json) => TimeSpan.FromMilliseconds(json["retryAfterMilliseconds"]?.GetValue<int>() ?? 0);

    private static DateTimeOffset Instant(JsonNode json, string name) =>
        DateTimeOffset.ParseExact(Text(json, name), InstantFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static string Instant(DateTimeOffset value) => value.UtcDateTime.ToString(InstantFormat, CultureInfo.InvariantCulture);

    private static SessionLimits ReadLimits(JsonNode json) => new(
        json["bodyBytesMax"]!.GetValue<int>(),
        json["requestsInFlightMax"]!.GetValue<int>(),
        json["windowMax"]!.GetValue<int>(),
        TimeSpan.FromMilliseconds(json["horizonMilliseconds"]!.GetValue<long>()));

    private static Body ReadBody(JsonNode json) => json["contentType"] is { } type
        ? Body.FromBytes(Convert.FromBase64String(Text(json, "base64")), type.GetValue<string>())
        : Body.FromText(Text(json, "text"));

    private static JsonObject With(Body body, JsonObject json)
    {
        if (body.IsText)
        {
            json["text"] = body.Text;
        }
        else
        {
            json["contentType"] = body.ContentType;
            json["base64"] = Convert.ToBase64String(body.Content.Span);
        }

        return json;
    }

    private static JsonObject With(TimeSpan retryAfter, JsonObject json)
    {
        if (retryAfter > TimeSpan.Zero)
        {
            json["retryAfterMilliseconds"] = (long)retryAfter.TotalMilliseconds;
        }

        return json;
    }

    private static JsonObject WithFlag(string name, bool value, JsonObject json)
    {
        if (value)
        {
            json[name] = true;
        }

        return json;
    }

    private const string InstantFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
}
