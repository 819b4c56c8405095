using Hexagram.Client.Stores;
using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;

namespace Hexagram.Client.Data.Stores;

/// <summary>Everything that is written to the tables of one store.</summary>
internal static class DatabaseStatements
{
    internal static Statement AddClient(string store) => new(
        "INSERT INTO hexagram_client (store, connection, clock_offset, owner, batch, epoch, cursor) VALUES (@store, 0, 0, 0, 0, 0, 0) ON CONFLICT (store) DO NOTHING",
        ("store", store));

    internal static Statement SetOwner(string store, long owner) =>
        new("UPDATE hexagram_client SET owner = @owner WHERE store = @store", ("store", store), ("owner", owner));

    /// <summary>Begins every transaction of the owner; changes no row when there is another one.</summary>
    internal static Statement SetBatch(string store, long owner, long batch) => new(
        "UPDATE hexagram_client SET batch = @batch WHERE store = @store AND owner = @owner",
        ("store", store),
        ("owner", owner),
        ("batch", batch));

    internal static Statement ReadBatch(string store, long owner) =>
        new("SELECT batch FROM hexagram_client WHERE store = @store AND owner = @owner", ("store", store), ("owner", owner));

    internal static Statement SetDevice(string store, DeviceId device) =>
        new("UPDATE hexagram_client SET device = @device WHERE store = @store", ("store", store), ("device", device.Value));

    internal static Statement SetUser(string store, UserId user) =>
        new("UPDATE hexagram_client SET user_id = @user WHERE store = @store", ("store", store), ("user", user.Value));

    internal static Statement SetConnection(string store, ConnectionNumber upTo) =>
        new("UPDATE hexagram_client SET connection = @upTo WHERE store = @store", ("store", store), ("upTo", upTo.Value));

    internal static Statement SetClock(string store, TimeSpan offset) =>
        new("UPDATE hexagram_client SET clock_offset = @offset WHERE store = @store", ("store", store), ("offset", (long)offset.TotalMilliseconds));

    /// <summary>By the application, in its transaction. Returns no row when there is no such store.</summary>
    internal static Statement Enqueue(SqlDialect dialect, string store, Guid ticket, UserId to, in Body body) => new(
        "INSERT INTO hexagram_enqueued (store, ticket, recipient, content_type, content)"
            + " SELECT store, @ticket, @recipient, @contentType, @content FROM hexagram_client WHERE store = @store"
            + $" RETURNING {dialect.TransactionSql}",
        ("store", store),
        ("ticket", ticket.ToByteArray()),
        ("recipient", to.Value),
        ("contentType", body.ContentType),
        ("content", body.Content.ToArray()));

    /// <summary>A new message; one that was enqueued brings its body from there, and leaves.</summary>
    internal static IEnumerable<Statement> Insert(string store, StoredMessage message, Body body)
    {
        yield return new Statement(
            "INSERT INTO hexagram_outbox (store, number, id, recipient, state, transmitted, body_bytes)"
                + " VALUES (@store, @number, @id, @recipient, @state, @transmitted, @bodyBytes)",
            ("store", store),
            ("number", message.Number),
            ("id", message.Id.ToBytes()),
            ("recipient", message.To.Value),
            ("state", (long)message.State),
            ("transmitted", message.Transmitted ? 1L : 0L),
            ("bodyBytes", (long)message.BodyBytes));
        if (message.Source is not { } source)
        {
            yield return new Statement(
                "INSERT INTO hexagram_outbox_body (store, number, content_type, content) VALUES (@store, @number, @contentType, @content)",
                ("store", store),
                ("number", message.Number),
                ("contentType", body.ContentType),
                ("content", body.Content.ToArray()));
            yield break;
        }

        yield return new Statement(
            "INSERT INTO hexagram_outbox_body (store, number, content_type, content)"
                + " SELECT store, @number, content_type, content FROM hexagram_enqueued WHERE place = @place AND store = @store",
            ("store", store),
            ("number", message.Number),
            ("place", source.Place));
        yield return new Statement("DELETE FROM hexagram_enqueued WHERE place = @place AND store = @store", ("store", store), ("place", source.Place));
    }

    internal static Statement Mark(string store, long number, MessageId id) => new(
        "UPDATE hexagram_outbox SET id = @id, transmitted = 1 WHERE store = @store AND number = @number",
        ("store", store),
        ("number", number),
        ("id", id.ToBytes()));

    internal static Statement Raise(string store, long number, MessageState state) => new(
        "UPDATE hexagram_outbox SET state = @state WHERE store = @store AND number = @number",
        ("store", store),
        ("number", number),
        ("state", (long)state));

    internal static IEnumerable<Statement> Remove(string store, long number) =>
    [
        new("DELETE FROM hexagram_outbox WHERE store = @store AND number = @number", ("store", store), ("number", number)),
        new("DELETE FROM hexagram_outbox_body WHERE store = @store AND number = @number", ("store", store), ("number", number)),
    ];

    internal static Statement Adopt(string store, InboxPosition position) => new(
        "UPDATE hexagram_client SET epoch = @epoch, cursor = @cursor WHERE store = @store",
        ("store", store),
        ("epoch", position.Epoch.ToColumn()),
        ("cursor", position.Cursor.Value));

    internal static Statement SetBegun(string store, MessageKey? message) => new(
        "UPDATE hexagram_client SET begun_sender = @sender, begun_id = @id WHERE store = @store",
        ("store", store),
        ("sender", message?.From.Value),
        ("id", message?.Id.ToBytes()));

    internal static IEnumerable<Statement> Commit(string store, InboxCommit commit)
    {
        yield return new Statement(
            "UPDATE hexagram_client SET cursor = CASE WHEN cursor < @upTo THEN @upTo ELSE cursor END WHERE store = @store AND epoch = @epoch",
            ("store", store),
            ("upTo", commit.UpTo.Value),
            ("epoch", commit.Epoch.ToColumn()));
        if (commit.Seen is { } key)
        {
            yield return new Statement(
                "INSERT INTO hexagram_seen (store, number, id, sender, epoch, at)"
                    + " VALUES (@store, (SELECT coalesce(max(number), 0) + 1 FROM hexagram_seen WHERE store = @store), @id, @sender, @epoch, @at)"
                    + " ON CONFLICT (store, id, sender) DO UPDATE SET epoch = excluded.epoch",
                ("store", store),
                ("id", key.Id.ToBytes()),
                ("sender", key.From.Value),
                ("epoch", commit.Epoch.ToColumn()),
                ("at", commit.At.ToUnixTimeMilliseconds()));
        }

        if (commit.SetAside is { } aside)
        {
            yield return SetAside(store, aside);
        }

        yield return SetBegun(store, commit.Next);
    }

    /// <summary>Forgets at most <paramref name="rows"/> of the oldest marks, if they are older than <paramref name="before"/> or beyond <paramref name="seenMax"/>.</summary>
    internal static Statement ForgetSeen(string store, int rows, DateTimeOffset before, int seenMax) => new(
        "DELETE FROM hexagram_seen WHERE store = @store AND number < (SELECT min(number) FROM hexagram_seen WHERE store = @store) + @rows"
            + " AND (at < @before OR number <= (SELECT max(number) FROM hexagram_seen WHERE store = @store) - @seenMax)",
        ("store", store),
        ("rows", (long)rows),
        ("before", before.ToUnixTimeMilliseconds()),
        ("seenMax", (long)seenMax));

    internal static Statement RemoveSetAside(string store, MessageKey message) => new(
        "DELETE FROM hexagram_set_aside WHERE store = @store AND id = @id AND sender = @sender",
        ("store", store),
        ("id", message.Id.ToBytes()),
        ("sender", message.From.Value));

    /// <summary>How the values of the protocol stand in columns: integers are signed there; the bits are the same.</summary>
    internal static long ToColumn(this Epoch epoch) => unchecked((long)epoch.Value);

    private static Statement SetAside(string store, SetAsideMessage aside) => new(
        "INSERT INTO hexagram_set_aside (store, number, id, sender, sequence, accepted_at, attempt, reason, at, content_type, content)"
            + " VALUES (@store, (SELECT coalesce(max(number), 0) + 1 FROM hexagram_set_aside WHERE store = @store),"
            + " @id, @sender, @sequence, @acceptedAt, @attempt, @reason, @at, @contentType, @content)",
        ("store", store),
        ("id", aside.Message.Id.ToBytes()),
        ("sender", aside.Message.From.Value),
        ("sequence", aside.Message.Sequence.Value),
        ("acceptedAt", aside.Message.AcceptedAt.ToUnixTimeMilliseconds()),
        ("attempt", (long)aside.Message.Attempt),
        // PostgreSQL's text holds every character but this one.
        ("reason", aside.Reason.Replace('\0', '\uFFFD')),
        ("at", aside.At.ToUnixTimeMilliseconds()),
        ("contentType", aside.Message.Body.ContentType),
        ("content", aside.Message.Body.Content.ToArray()));
}
