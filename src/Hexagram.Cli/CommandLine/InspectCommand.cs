using System.CommandLine;
using Hexagram.Cli.Inspecting;
using Hexagram.Cli.Serving;
using Hexagram.Protocol;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram inspect</c>.</summary>
internal static class InspectCommand
{
    private const int LimitDefault = 100;

    /// <summary>The command with its options.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var mailbox = new Option<UserId?>("--mailbox") { HelpName = "USER", Description = "Show this user's mailbox: devices, cursors, entries.", CustomParser = result => SharedOptions.ReadUser(result) };
        var message = new Option<MessageId?>("--message")
        {
            HelpName = "ID",
            Description = "Show where the message with this id stands. Without --mailbox, every id of the store is looked at.",
            CustomParser = result => SharedOptions.Read(result, "an id looks like 019b7ca9-8f2e-7a01-8f00-0000000000a1", text => MessageId.TryParse(text, out var id) ? id : (MessageId?)null),
        };
        var unconfirmed = new Option<bool>("--unconfirmed") { Description = "Leave out what some device has confirmed." };
        var after = new Option<string?>("--after") { HelpName = "USER|N", Description = "Begin the list after this mailbox, or after the entry with this number." };
        var limit = SharedOptions.Number("--limit", "List so many at the most. [default: 100]", 1, int.MaxValue);
        var file = ServeCommand.SettingsFile();
        var command = new DocumentedCommand("inspect", "Look into a server's mailboxes, also while it runs: devices, cursors, what is unconfirmed, where a message stands.")
        {
            Epilogue = """
                It reads the files of the data folder, or the database, as they stand at one moment, changes nothing there, and the server does not notice. What messages say is
                never shown. To be run as the server's user, or as root. Where the mailboxes are in PostgreSQL, --message without --mailbox walks over all entries.

                Examples:
                  hexagram inspect
                  hexagram inspect --unconfirmed --json
                  hexagram inspect --mailbox bob --unconfirmed
                  hexagram inspect --message 019b7ca9-8f2e-7a01-8f00-0000000000a1
                  hexagram inspect --postgres "Host=/var/run/postgresql;Database=chat;Username=hexagram" --unconfirmed

                JSON, one object per row; the list of mailboxes begins with the store itself:
                  {"record":5403,"epochs":[{"epoch":"5eed0000c0ffee01","begunAt":"2026-01-02T03:04:05.678Z"}]}
                  {"mailbox":"bob","first":1,"last":7,"unconfirmed":2,"devices":1}     with --mailbox, "devices" is an array:
                  {"device":"phone","start":0,"cursor":5,"seenAt":"2026-01-02T03:04:05.678Z"}
                  {"sequence":6,"id":"019b…","from":"alice","acceptedAt":"2026-01-02T03:04:05.678Z","bytes":6,"confirmed":false}
                  {"id":"019b…","from":"alice","mailbox":"bob","sequence":6,"acceptedAt":"…","delivered":true,"forgotten":false,"confirmedBy":["phone"]}

                Exit codes:
                  0 shown   1 there is no such mailbox or message, or the store cannot be read   2 usage
                """,
        };
        command.Add(mailbox);
        command.Add(message);
        command.Add(unconfirmed);
        command.Add(after);
        command.Add(limit);
        command.Add(shared.Data);
        command.Add(shared.Postgres);
        command.Add(file);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) => InspectRun.RunAsync(
            new InspectSettings(
                MailboxPlace.Find(parsed.GetValue(shared.Data), parsed.GetValue(shared.Postgres), parsed.GetValue(file), surroundings),
                parsed.GetValue(mailbox),
                parsed.GetValue(message),
                parsed.GetValue(after),
                parsed.GetValue(limit) ?? LimitDefault,
                parsed.GetValue(unconfirmed)),
            screen,
            surroundings));
        return command;
    }
}
