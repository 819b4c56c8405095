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
        var to = Folder("--to", "Where the backup goes: a folder that does not exist, or is empty.");
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
            BackupRun.RunAsync(DataFolder.At(parsed.GetValue(shared.Data), surroundings), parsed.GetRequiredValue(to), screen, surroundings));
        return command;
    }

    /// <summary><c>restore</c> with its options.</summary>
    public static Command BuildRestore(SharedOptions shared, Surroundings surroundings)
    {
        var from = Folder("--from", "The backup.");
        var command = new DocumentedCommand("restore", "Make a server's data folder from a backup, and begin a new epoch in it.")
        {
            Epilogue = """
                Every file is compared with what was backed up, before and while it is copied. The data folder may be there, with settings and with the same
                key, but not with mailboxes: nothing is ever overwritten. Killed at any moment, either no server starts on the folder or all is there;
                run it again. The old server must not run any more, anywhere.

                The new epoch tells clients that this history may lack what the old one had: what a sender was not told to be delivered
                is sent again by itself. What was delivered after the backup was taken is not in it; its recipients have it.

                Examples:
                  hexagram restore --from /backups/today --data /srv/hexagram

                JSON:
                  {"restored":"/srv/hexagram","from":"/backups/today","takenAt":"2026-01-02T03:04:05.678Z","epoch":"0a1b2c3d4e5f6071",
                   "epochBefore":"5eed0000c0ffee01","mailboxes":2,"entries":7}

                Exit codes:
                  0 restored: 'hexagram serve' may start   1 not; standard error says why   2 usage
                """,
        };
        command.Add(from);
        command.Add(shared.Data);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) =>
            RestoreRun.RunAsync(parsed.GetRequiredValue(from), DataFolder.At(parsed.GetValue(shared.Data), surroundings), screen, surroundings));
        return command;
    }

    private static Option<string> Folder(string name, string description) => new(name) { HelpName = "DIR", Required = true, Description = description };
}
