using System.CommandLine;
using System.Globalization;
using Hexagram.Cli.Clients;
using Hexagram.Cli.Receiving;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram receive</c>.</summary>
internal static class ReceiveCommand
{
    private const string Role = "receive";

    /// <summary>The command with its options.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var user = SharedOptions.User("--as", "Who receives.");
        var count = new Option<long?>("--count")
        {
            HelpName = "N",
            Description = "End after so many messages. [default: never]",
            CustomParser = result => SharedOptions.Read(
                result,
                "it should be a whole number, 1 or more",
                text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : (long?)null),
        };
        var timeout = SharedOptions.Length("--timeout", "End after so long. [default: never]", SharedOptions.TimeoutMax);
        var command = new DocumentedCommand("receive", "Print a user's messages as they come. Each is confirmed when it has been printed and flushed.")
        {
            Epilogue = """
                What was confirmed never comes again; what was not comes again in the next run. Killed between printing a message and
                remembering that, the next run prints that one message again, and says so. When standard output is closed, the message
                that could not be printed is not confirmed.

                Examples:
                  hexagram receive --as bob
                  hexagram receive --as bob --count 1 --timeout 30s --json
                  hexagram receive --as bob --json | jq -r .text

                JSON, one object per message:
                  {"id":"0198…","from":"alice","sequence":1,"sentAt":"2026-01-02T03:04:05.678Z","text":"你好","redelivered":false}
                  bytes have "contentType" and "base64" instead of "text"; redelivered: it may have been printed before
                  {"missing":{"from":7,"to":9}}   these will never come: another device of the user has had them, and the server forgot them

                Exit codes:
                  0 enough messages came, or it was asked to end, or there is no --count and time was up   4 time was up before --count
                  1 anything else   2 usage
                """,
        };
        command.Add(user);
        command.Add(count);
        command.Add(timeout);
        command.Add(shared.Server);
        command.Add(shared.Authorities);
        command.Add(shared.Data);
        command.Add(shared.Token);
        command.Add(shared.State);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) =>
        {
            var client = ClientSettings.Resolve(Role, parsed.GetRequiredValue(user), shared.ClientOptions(parsed), surroundings);
            return ReceiveRun.RunAsync(new ReceiveSettings(client, parsed.GetValue(count), parsed.GetValue(timeout)), screen, surroundings);
        });
        return command;
    }
}
