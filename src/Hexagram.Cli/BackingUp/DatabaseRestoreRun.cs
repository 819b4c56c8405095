using System.Globalization;
using Hexagram.Cli.Output;
using Hexagram.Cli.Texts;
using Hexagram.Storage;
using Hexagram.Storage.Postgres;
using Hexagram.Storage.Postgres.Restoring;

namespace Hexagram.Cli.BackingUp;

/// <summary>One run of <c>restore --postgres</c>: the database is back by its own means, and gets its new epoch.</summary>
internal static class DatabaseRestoreRun
{
    /// <summary>Finishes the restore.</summary>
    /// <exception cref="CommandFailure">Nothing has changed then; the message says why.</exception>
    public static async Task<ExitCode> RunAsync(PostgresStoreOptions database, Screen screen, Surroundings surroundings)
    {
        try
        {
            Report(await RestoredStore.FinishAsync(database, surroundings.Time), database.Describe(), screen);
            return ExitCode.Success;
        }
        catch (StoreUnavailableException fault)
        {
            throw new CommandFailure(fault.Message, cause: fault);
        }
    }

    private static void Report(RestoredStore store, string database, Screen screen)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteString("restored", database);
                json.WriteString("epoch", store.Epoch.ToString());
                json.WriteString("epochBefore", store.Before.ToString());
                json.WriteNumber("mailboxes", store.Mailboxes);
                json.WriteNumber("entries", store.Entries);
                if (store.NewestAt is { } at)
                {
                    json.WriteInstant("newestAt", at);
                }
            });
            return;
        }

        screen.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"The database {database} has the new epoch {store.Epoch}: {Counted.Of(store.Mailboxes, "mailbox", "mailboxes")}, {Counted.Of(store.Entries, "entry", "entries")}"
            + $"{(store.NewestAt is { } newest ? $", the newest of {newest.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC" : "")}. Servers may start."));
        screen.Note("What was delivered since then is not in it; what senders have not been told to be delivered they send again by themselves.");
    }
}
