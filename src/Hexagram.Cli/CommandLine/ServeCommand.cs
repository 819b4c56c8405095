using System.CommandLine;
using Hexagram.Cli.Serving;
using Hexagram.Server.Configuration;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram serve</c>.</summary>
internal static class ServeCommand
{
    /// <summary>The option that names the settings file.</summary>
    public static Option<string?> SettingsFile() => new("--config")
    {
        HelpName = "FILE",
        Description = "A JSON file with settings. [default: hexagram.json in the data folder, if it is there]",
    };

    /// <summary>The command with its options.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var http = new Option<string?>("--http")
        {
            HelpName = "URL",
            Description = "Where to listen for HTTP (WebSocket, health), such as http://127.0.0.1:7080; 'none' for nowhere. [default: http://127.0.0.1:7080]",
            CustomParser = result => SharedOptions.Read(result, ListenAddress.HttpForm, text => ListenAddress.TryParseHttp(text, out _) ? text : null),
        };
        var tcp = new Option<string?>("--tcp")
        {
            HelpName = "HOST:PORT",
            Description = "Where to listen for clients; port 0 takes a free one. [default: 127.0.0.1:7000]",
            CustomParser = result => SharedOptions.Read(result, ListenAddress.TcpForm, text => ListenAddress.TryParseTcp(text, out _) ? text : null),
        };
        var postgres = new Option<string?>("--postgres")
        {
            HelpName = "CONNECTION",
            Description = "Keep mailboxes in a PostgreSQL database instead of the data folder, such as 'Host=db;Database=chat;Username=hexagram'. A password is better in HEXAGRAM__POSTGRES__CONNECTIONSTRING.",
        };
        var redis = new Option<string?>("--redis")
        {
            HelpName = "CONNECTION",
            Description = "Be one node of many, whose members are written down in this Redis, such as 'localhost:6379'. Needs --postgres and --cluster.",
        };
        var cluster = new Option<string?>("--cluster")
        {
            HelpName = "HOST:PORT",
            Description = "Where the other nodes reach this one, and where it listens for them. What they say is not encrypted: a network of their own.",
            CustomParser = result => SharedOptions.Read(result, ListenAddress.TcpForm, text => ListenAddress.TryParseTcp(text, out _) ? text : null),
        };
        var config = SettingsFile();
        var remote = new Option<bool>("--allow-remote")
        {
            Description = "Allow addresses that other machines can reach. Without a certificate what travels is not encrypted.",
        };
        var certificate = new Option<string?>("--tls-certificate")
        {
            HelpName = "FILE",
            Description = "Speak TLS on both addresses, with this certificate: PEM, or PFX. A renewed file is taken up without a restart.",
        };
        var key = new Option<string?>("--tls-key")
        {
            HelpName = "FILE",
            Description = "The private key of the certificate, if it stands in a PEM file of its own.",
        };
        var command = new DocumentedCommand("serve", "Run a server. It listens on this machine alone unless it is told otherwise.")
        {
            Epilogue = """
                One line on standard output says when it is ready and where it listens, and a second one the address of the web page, with a
                key in it: whoever has that may be any user there. Logs go to standard error. SIGTERM or Ctrl-C ends
                it within 5 seconds; killing it is safe as well.

                Every setting can come from the environment and from the file, under the same name: Listen:Tcp is HEXAGRAM__LISTEN__TCP and
                {"Listen":{"Tcp":"127.0.0.1:7000"}}. The command line wins over the environment, that over the file, that over the default.
                docs/configuration.md lists them.

                Examples:
                  hexagram serve
                  hexagram serve --data /srv/hexagram --tcp 127.0.0.1:0 --http none --json
                  hexagram serve --postgres "Host=/var/run/postgresql;Database=chat;Username=hexagram"
                  hexagram serve --postgres "Host=db;Database=chat" --redis redis:6379 --cluster 10.0.0.1:7090
                  hexagram serve --tcp 0.0.0.0:7000 --http http://0.0.0.0:7443 --allow-remote --tls-certificate chat.pem --tls-key chat.key
                  HEXAGRAM__BOUNDS__BODYBYTESMAX=65536 hexagram serve

                JSON:
                  {"ready":true,"tcp":"127.0.0.1:7000","http":"http://127.0.0.1:7080","page":"http://127.0.0.1:7080/#key=…","data":"/srv/hexagram","loopbackOnly":true,"encrypted":false,"version":"0.1.0"}

                Exit codes:
                  0 it was asked to end   1 failure (a port is taken, the data folder is in use or damaged, the database is away)   2 usage, settings
                  6 the other nodes have declared this one dead: start it again
                """,
        };
        command.Add(shared.Data);
        command.Add(http);
        command.Add(tcp);
        command.Add(remote);
        command.Add(certificate);
        command.Add(key);
        command.Add(postgres);
        command.Add(redis);
        command.Add(cluster);
        command.Add(config);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) =>
        {
            var words = new Dictionary<string, string?>
            {
                ["Data"] = parsed.GetValue(shared.Data),
                ["Postgres:ConnectionString"] = parsed.GetValue(postgres),
                ["Redis:ConnectionString"] = parsed.GetValue(redis),
                ["Cluster:Address"] = parsed.GetValue(cluster),
                ["Listen:Http"] = parsed.GetValue(http),
                ["Listen:Tcp"] = parsed.GetValue(tcp),
                ["Tls:CertificateFile"] = parsed.GetValue(certificate),
                ["Tls:KeyFile"] = parsed.GetValue(key),
                ["Listen:AllowRemote"] = parsed.GetValue(remote) ? "true" : null,
            };
            var settings = ServeSettings.Load(words, parsed.GetValue(config), surroundings);
            return ServeRun.RunAsync(settings, screen, surroundings);
        });
        return command;
    }
}
