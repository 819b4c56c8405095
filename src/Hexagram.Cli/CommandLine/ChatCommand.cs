using System.CommandLine;
using Hexagram.Cli.Chatting;
using Hexagram.Cli.Clients;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram chat</c>.</summary>
internal static class ChatCommand
{
    private const string Role = "chat";

    /// <summary>The command with its options.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var user = SharedOptions.User("--as", "Who you are.");
        var to = SharedOptions.User("--to", "Whom you write to. What others write to you is shown as well.");
        var command = new DocumentedCommand("chat", "Talk with somebody: what comes is shown, what you type is sent, and each message says how it stands.")
        {
            Epilogue = """
                waiting    on this machine's disk, not yet at the server; it goes out by itself, also in the next run
                accepted   on the server's disk
                stored     on the server's disk, and the recipient was offline when it came there
                delivered  the recipient's application has it

                Enter sends, the arrow keys edit and recall, Page Up and Page Down scroll; Ctrl-D on an empty line or Ctrl-C leaves, and says what still waits.
                What comes is confirmed when it has been shown, so it is shown once. 'chat' is a device of its own: 'send' and 'receive' of the same
                user work beside it, and each device gets every message.

                Without a terminal, or with --json, each line of standard input is a message, and what comes or gets further is a line of output.

                Examples:
                  hexagram chat --as alice --to bob
                  hexagram chat --as bob --to alice
                  tail -f app.log | hexagram chat --as app --to ops --json

                JSON: a message as 'receive' prints it, and an object each time that one of your own gets further
                  {"id":"0198…","to":"bob","state":"delivered"}

                Exit codes:
                  0 it was left   1 anything else   2 usage
                """,
        };
        command.Add(user);
        command.Add(to);
        command.Add(shared.Server);
        command.Add(shared.Authorities);
        command.Add(shared.Data);
        command.Add(shared.Token);
        command.Add(shared.State);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) =>
        {
            var client = ClientSettings.Resolve(Role, parsed.GetRequiredValue(user), shared.ClientOptions(parsed), surroundings);
            return ChatRun.RunAsync(new ChatSettings(client, parsed.GetRequiredValue(to)), screen, surroundings);
        });
        return command;
    }
}
