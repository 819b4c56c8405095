using System.CommandLine;
using Hexagram.Cli.BackingUp;
using Hexagram.Cli.Serving;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram backup</c> and <c>hexagram restore</c>.</summary>
internal static class BackupCommand
{
    /// <summary><c>backup</c> with its options.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var to = Folder("--to", "Where the backup goes: a folder that does not exist, or is empty.", isRequired: true);
        var command = new DocumentedCommand("backup", "Copy a server's mailboxes, its key and its settings, also while it runs, and verify the copy.")
        {
            Epilogue = """
                It holds everything that the server had accepted when the backup began, and nothing by halves. A running server makes a second
                store within its data folder (hard links: hardly any room or time) and goes on; this command copies that, reads every
                record of the copy, compares every file with what was copied, and syncs the disk. Until all that is done the folder is called
                DIR.unfinished; the next run removes it. To be run as the server's user, or as root.

                In the backup are messages, device cursors, the key that signs tokens (token.key) and hexagram.json if it lies in the data folder. All of
                it is readable by its owner alone; keep it so.

                Examples:
                  hexagram backup --to /backups/hexagram-$(date +%F)
                  hexagram backup --data /srv/hexagram --to /backups/today --json

                JSON:
                  {"backup":"/backups/today","takenAt":"2026-01-02T03:04:05.678Z","epoch":"5eed0000c0ffee01","mailboxes":2,"entries":7,
                   "unconfirmed":1,"files":9,"bytes":123456,"serverRunning":true}

                Exit codes:
                  0 there is a backup, and it was verified   1 there is none; standard error says why   2 usage
                """,
        };
        command.Add(to);
        command.Add(shared.Data);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) =>
            MailboxPlace.Find(parsed.GetValue(shared.Data), null, null, surroundings) is { Postgres: { } database }
                ? throw new CommandFailure(
                    $"The mailboxes are in the database {database.Describe()}, which is backed up by PostgreSQL's own means: pg_dump, or base backups with the log. docs/operating.md says how, and what to do after a restore.")
                : BackupRun.RunAsync(DataFolder.At(parsed.GetValue(shared.Data), surroundings), parsed.GetRequiredValue(to)!, screen, surroundings));
        return command;
    }

    /// <summary><c>restore</c> with its options.</summary>
    public static Command BuildRestore(SharedOptions shared, Surroundings surroundings)
    {
        var from = Folder("--from", "The backup of a data folder.", isRequired: false);
        var file = ServeCommand.SettingsFile();
        var command = new DocumentedCommand("restore", "Make a server's data folder from a backup, or finish the restore of a database; and begin a new epoch in it.")
        {
            Epilogue = """
                Every file is compared with what was backed up, before and while it is copied. The data folder may be there, with settings and with the same
                key, but not with mailboxes: nothing is ever overwritten. Killed at any moment, either no server starts on the folder or all is there;
                run it again. The old server must not run any more, anywhere.

                The new epoch tells clients that this history may lack what the old one had: what a sender was not told to be delivered
                is sent again by itself. What was delivered after the backup was taken is not in it; its recipients have it.

                Mailboxes in PostgreSQL are backed up and brought back by its own means (pg_dump, base backups). What is left to do then is the new
                epoch: without --from, this begins it in the database that --postgres, the environment or the settings file names, and refuses while
                servers are connected to it. A server refuses to start on a restored dump until that is done; a database that was set back in place
                it cannot tell from before.

                Examples:
                  hexagram restore --from /backups/today --data /srv/hexagram
                  pg_restore --dbname chat chat.dump && hexagram restore --postgres "Host=/var/run/postgresql;Database=chat;Username=hexagram"

                JSON:
                  {"restored":"/srv/hexagram","from":"/backups/today","takenAt":"2026-01-02T03:04:05.678Z","epoch":"0a1b2c3d4e5f6071",
                   "epochBefore":"5eed0000c0ffee01","mailboxes":2,"entries":7}
                  {"restored":"chat at /var/run/postgresql","epoch":"0a1b2c3d4e5f6071","epochBefore":"5eed0000c0ffee01","mailboxes":2,"entries":7,
                   "newestAt":"2026-01-02T03:04:05.678Z"}

                Exit codes:
                  0 restored: 'hexagram serve' may start   1 not; standard error says why   2 usage
                """,
        };
        command.Add(from);
        command.Add(shared.Data);
        command.Add(shared.Postgres);
        command.Add(file);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) => (parsed.GetValue(from), parsed.GetValue(shared.Postgres)) switch
        {
            ({ } backup, null) => RestoreRun.RunAsync(backup, DataFolder.At(parsed.GetValue(shared.Data), surroundings), screen, surroundings),
            (null, var postgres) when MailboxPlace.Find(parsed.GetValue(shared.Data), postgres, parsed.GetValue(file), surroundings).Postgres is { } database =>
                DatabaseRestoreRun.RunAsync(database, screen, surroundings),
            _ => throw CommandFailure.Usage("Say --from DIR to make a data folder from a backup, or --postgres CONNECTION to finish the restore of a database."),
        });
        return command;
    }

    private static Option<string?> Folder(string name, string description, bool isRequired) => new(name) { HelpName = "DIR", Required = isRequired, Description = description };
}
