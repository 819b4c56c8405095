using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Hexagram.Cli.Clients;
using Hexagram.Cli.Texts;
using Hexagram.Protocol;
using Hexagram.Server.Configuration;

namespace Hexagram.Cli.CommandLine;

/// <summary>The options that several commands have in common, and how their values are read.</summary>
internal sealed class SharedOptions
{
    /// <summary>The longest time-out: timers do not reach much further.</summary>
    public static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(30);

    /// <summary>Results as JSON. On every command.</summary>
    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Print results as JSON, one object per line; standard output then carries nothing else.",
        Recursive = true,
    };

    /// <summary>The server's data folder.</summary>
    public Option<string?> Data { get; } = new("--data")
    {
        HelpName = "DIR",
        Description = "The server's data folder. [default: ./hexagram-data]",
    };

    /// <summary>The database that holds the mailboxes.</summary>
    public Option<string?> Postgres { get; } = new("--postgres")
    {
        HelpName = "CONNECTION",
        Description = "The PostgreSQL database that holds the mailboxes, such as 'Host=db;Database=chat;Username=hexagram'. [default: as 'serve' finds it, in the environment or the settings file]",
    };

    /// <summary>The server's address.</summary>
    public Option<Uri?> Server { get; } = ServerAt(
        "The server, as HOST:PORT or tcp://HOST:PORT; with TLS as tcps://HOST:PORT; by WebSocket as ws://HOST:PORT or wss://HOST:PORT; by long polling as http://HOST:PORT or https://HOST:PORT. [default: 127.0.0.1:7000]");

    /// <summary>Whose signature makes the server's certificate valid.</summary>
    public Option<string?> Authorities { get; } = new("--ca")
    {
        HelpName = "FILE",
        Description = "Trust a server whose certificate one of the authorities in this PEM file has signed, in place of those that this machine trusts.",
    };

    /// <summary>A token instead of the local server's key.</summary>
    public Option<string?> Token { get; } = new("--token")
    {
        HelpName = "T",
        Description = "The token that proves who you are. Without it, one is made with the key in the data folder. "
            + "Other users of this machine can see it here; HEXAGRAM__TOKEN in the environment hides it.",
    };

    /// <summary>Where outbox or inbox are kept.</summary>
    public Option<string?> State { get; } = new("--state")
    {
        HelpName = "DIR",
        Description = "Where this user's state is kept, for one process at a time. [default: one folder per server, user and command "
            + "under $XDG_STATE_HOME/hexagram or ~/.local/state/hexagram]",
    };

    /// <summary>What was given of the options that <c>send</c> and <c>receive</c> have in common.</summary>
    public ClientOptions ClientOptions(ParseResult parsed) =>
        new(parsed.GetValue(Server), parsed.GetValue(Data), parsed.GetValue(Token), parsed.GetValue(State), parsed.GetValue(Authorities));

    /// <summary>A required option with a user.</summary>
    public static Option<UserId> User(string name, string description) => new(name)
    {
        HelpName = "USER",
        Required = true,
        Description = description,
        CustomParser = ReadUser,
    };

    /// <summary>The option with a server's address.</summary>
    public static Option<Uri?> ServerAt(string description) => new("--server")
    {
        HelpName = "URL",
        Description = description,
        CustomParser = result => Read(result, ServerAddress.Form, text => ServerAddress.TryParse(text, out var server) ? server : null),
    };

    /// <summary>An option with a duration of at most <paramref name="max"/>.</summary>
    public static Option<TimeSpan?> Length(string name, string description, TimeSpan max) => new(name)
    {
        HelpName = "DURATION",
        Description = description,
        CustomParser = result => Read(
            result,
            $"{Duration.Form}, and here at most {Duration.Format(max)}",
            text => Duration.TryParse(text, out var length) && length <= max ? length : (TimeSpan?)null),
    };

    /// <summary>An option with a whole number between two bounds.</summary>
    public static Option<int?> Number(string name, string description, int least, int most) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = result => Read(
            result,
            string.Create(CultureInfo.InvariantCulture, $"it should be a whole number from {least} to {most}"),
            text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : (int?)null),
    };

    /// <summary>Reads a user id, and says why when it is none.</summary>
    public static UserId ReadUser(ArgumentResult result)
    {
        try
        {
            return new UserId(result.Tokens[0].Value);
        }
        catch (ArgumentException fault)
        {
            result.AddError(fault.Message.Split(" (Parameter", 2)[0]);
            return default;
        }
    }

    /// <summary>Reads one word, or adds an error that names it and says what it should look like.</summary>
    public static T? Read<T>(ArgumentResult result, string form, Func<string, T?> read)
    {
        var text = result.Tokens[0].Value;
        var value = read(text);
        if (value is null)
        {
            result.AddError($"'{text}' cannot be understood here: {form}.");
        }

        return value;
    }
}
