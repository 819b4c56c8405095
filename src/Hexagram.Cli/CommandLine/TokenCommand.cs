using System.CommandLine;
using Hexagram.Cli.Output;
using Hexagram.Cli.Serving;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Configuration;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram token</c>.</summary>
internal static class TokenCommand
{
    private static readonly TimeSpan LifetimeDefault = TimeSpan.FromHours(1);

    /// <summary>The command with its options.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var user = new Argument<UserId>("USER") { Description = "Who the token is for.", CustomParser = SharedOptions.ReadUser };
        var expires = SharedOptions.Length("--expires", "How long the token is good for. [default: 1h]", Duration.Max);
        var command = new DocumentedCommand("token", "Print a token signed with the key of the server in this data folder.")
        {
            Epilogue = """
                The key is made when it is not there yet, in a data folder that exists: then tokens can be had before the first 'serve'.

                Examples:
                  hexagram token alice
                  hexagram token alice --expires 7d --data /srv/hexagram
                  HEXAGRAM__TOKEN=$(hexagram token alice) hexagram send --as alice --to bob "hello"

                JSON:
                  {"token":"…","user":"alice","expiresAt":"2026-01-02T03:04:05.000Z"}

                Exit codes:
                  0 success   1 failure   2 usage
                """,
        };
        command.Add(user);
        command.Add(expires);
        command.Add(shared.Data);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) =>
        {
            var data = DataFolder.At(parsed.GetValue(shared.Data), surroundings);
            var key = data.OpenOrCreateKey();
            var lifetime = parsed.GetValue(expires) ?? LifetimeDefault;
            var who = parsed.GetRequiredValue(user);
            var token = new TokenIssuer(key, surroundings.Time).Issue(who, lifetime);
            if (screen.IsJson)
            {
                screen.Json(json =>
                {
                    json.WriteString("token", token);
                    json.WriteString("user", who.Value);
                    json.WriteInstant("expiresAt", surroundings.Time.GetUtcNow() + lifetime);
                });
            }
            else
            {
                screen.Line(token);
            }

            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }
}
