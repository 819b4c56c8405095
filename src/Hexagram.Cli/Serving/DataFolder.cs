using Hexagram.Server.Authentication;

namespace Hexagram.Cli.Serving;

/// <summary>The folder in which a server keeps everything: its mailboxes, the key of its tokens, its settings if there are any, and its control socket while it runs.</summary>
internal sealed class DataFolder
{
    /// <summary>The folder when nobody says.</summary>
    public const string Default = "hexagram-data";

    /// <summary>A folder at <paramref name="path"/>, relative to where the process runs; it need not exist.</summary>
    public DataFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>The folder of the mailbox store.</summary>
    public string Mailboxes => System.IO.Path.Combine(Path, "mailboxes");

    /// <summary>The key that signs tokens.</summary>
    public string KeyFile => System.IO.Path.Combine(Path, "token.key");

    /// <summary>The settings file that is read when no other is named.</summary>
    public string SettingsFile => System.IO.Path.Combine(Path, "hexagram.json");

    /// <summary>Where a running server is asked for what only it can do.</summary>
    public string ControlSocket => System.IO.Path.Combine(Path, "control");

    /// <summary>Second stores while they are copied; on the mailboxes' disk, so that they can share their files.</summary>
    public string Checkpoints => System.IO.Path.Combine(Path, "checkpoints");

    /// <summary>What a restore fills before it puts the mailboxes into place.</summary>
    public string UnfinishedRestore => System.IO.Path.Combine(Path, "restore.unfinished");

    /// <summary>The folder that the command line names, else the environment, else the default.</summary>
    public static DataFolder At(string? option, Surroundings surroundings) =>
        new(option ?? surroundings.Variable("HEXAGRAM__DATA") ?? Default);

    /// <summary>Makes the folder, for its owner alone, if it is not there.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Create() => PrivateFolder.Create(Path);

    /// <summary>Sees that a server may start here: one that started beside an unfinished restore would begin with nothing, and hand out numbers anew.</summary>
    /// <exception cref="CommandFailure">It may not.</exception>
    public void ThrowIfHalfRestored()
    {
        if (Directory.Exists(UnfinishedRestore) && !Directory.Exists(Mailboxes))
        {
            throw new CommandFailure($"A restore into {Path} was not finished. Run 'hexagram restore' again; or, to begin with nothing, remove {UnfinishedRestore}.");
        }
    }

    /// <summary>The key of the server, made when there is none: only the folder has to be there.</summary>
    /// <exception cref="CommandFailure">There is no such folder, or the key cannot be used.</exception>
    public SigningKey OpenOrCreateKey() => Directory.Exists(Path)
        ? Open(SigningKey.OpenOrCreate)
        : throw new CommandFailure($"There is no data folder {Path}. Start 'hexagram serve --data {Path}' first, or name the server's folder with --data DIR.");

    /// <summary>The key of the server that works with this folder.</summary>
    /// <exception cref="CommandFailure">There is none, or it cannot be used.</exception>
    public SigningKey OpenKey() => File.Exists(KeyFile)
        ? Open(SigningKey.Open)
        : throw new CommandFailure(
            $"There is no server's key in {Path}, so no token can be made. Start 'hexagram serve' there first, name the server's folder with --data DIR, or pass --token T.");

    private SigningKey Open(Func<string, SigningKey> open)
    {
        try
        {
            return open(KeyFile);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new CommandFailure($"The server's key {KeyFile} cannot be used: {fault.Message}", cause: fault);
        }
    }
}
