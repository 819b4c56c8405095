using System.CommandLine;
using Hexagram.Cli.Clients;
using Hexagram.Cli.Sending;
using Hexagram.Protocol;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram send</c>.</summary>
internal static class SendCommand
{
    private const string Role = "send";
    private static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(30);

    /// <summary>The command with its options.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings, bool isDelimited)
    {
        var text = new Argument<string>("TEXT")
        {
            Description = "The message. '-' reads standard input, one message per line, in order. After '--' it may begin with '-'.",
        };
        text.Validators.Add(result => Misunderstanding.RejectOptions(result, isDelimited));
        var sender = SharedOptions.User("--as", "Who sends.");
        var to = SharedOptions.User("--to", "Who gets it.");
        var timeout = SharedOptions.Length("--timeout", "How long to wait for confirmations, counted from the last message. [default: 30s]", SharedOptions.TimeoutMax);
        var trace = new Option<bool>("--trace") { Description = "Show the six lines of each message as they complete." };
        var command = new DocumentedCommand("send", "Send messages, and say what became of each. What an earlier run left in the outbox goes first.")
        {
            Epilogue = """
                A message is kept on this machine's disk until the recipient has it: killed, without a network or without a server,
                the next run goes on where this one stopped. It ends as soon as nothing more can be learnt by waiting.

                Examples:
                  hexagram send --as alice --to bob "你好"
                  hexagram send --as alice --to bob "你好" --trace
                  tail -f app.log | hexagram send --as app --to ops - --json
                  hexagram send --as alice --to bob - < /dev/null       carry on with what is left, nothing new

                JSON, one object per message, and another one when it gets further (with --trace also one per line):
                  {"id":"0198…","to":"bob","state":"delivered","index":1}
                  state: waiting, accepted, stored, delivered or refused (then with a "reason"); instead of "index", the message's place in this
                  run, one of an earlier run has "earlier":true
                  {"id":"0198…","to":"bob","line":6,"packet":"ack:N","how":"seen","at":"2026-01-02T03:04:05.678Z"}
                  how: seen, proven (a later line proves it) or forged (stored: the server's word for a recipient who is offline)

                Exit codes:
                  0 all delivered   3 some only stored: the recipient is offline and gets them on coming back   4 time was up: some are
                  in the outbox, or accepted and not confirmed; the next run goes on   5 some refused   1 anything else   2 usage
                """,
        };
        command.Add(text);
        command.Add(sender);
        command.Add(to);
        command.Add(shared.Server);
        command.Add(shared.Authorities);
        command.Add(shared.Data);
        command.Add(shared.Token);
        command.Add(shared.State);
        command.Add(timeout);
        command.Add(trace);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) =>
        {
            var words = parsed.GetRequiredValue(text);
            var client = ClientSettings.Resolve(Role, parsed.GetRequiredValue(sender), shared.ClientOptions(parsed), surroundings);
            var body = words == "-" ? (Body?)null : ToBody(words);
            var settings = new SendSettings(client, parsed.GetRequiredValue(to), body, parsed.GetValue(timeout) ?? TimeoutDefault, parsed.GetValue(trace));
            return SendRun.RunAsync(settings, screen, surroundings);
        });
        return command;
    }

    private static Body ToBody(string words)
    {
        try
        {
            return Body.FromText(words);
        }
        catch (ArgumentException fault)
        {
            throw CommandFailure.Usage(fault.Message.Split(" (Parameter", 2)[0]);
        }
    }
}
