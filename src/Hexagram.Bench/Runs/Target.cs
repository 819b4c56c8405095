using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Bench.Runs;

/// <summary>What a run loads: a server of its own on a fresh folder, or one that was there.</summary>
internal sealed class Target : IAsyncDisposable
{
    private readonly ServerProcess? _own;
    private readonly string? _folder;
    private readonly OwnCertificate? _certificate;

    private Target(IPEndPoint address, Func<UserId, string> issueToken, int? process)
    {
        Address = address;
        IssueToken = issueToken;
        Process = process;
    }

    private Target(IPEndPoint address, Func<UserId, string> issueToken, ServerProcess own, string folder, OwnCertificate? certificate)
        : this(address, issueToken, own.Id)
    {
        _own = own;
        _folder = folder;
        _certificate = certificate;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Where recipients connect, if at another node of it.</summary>
    public IPEndPoint? RecipientsAt { get; private init; }

    /// <summary>Proves to it who a client is.</summary>
    public Func<UserId, string> IssueToken { get; }

    /// <summary>Its process, if it is on this machine and known.</summary>
    public int? Process { get; }

    /// <summary>Whom its clients trust; null when it does not speak TLS.</summary>
    public X509Certificate2Collection? Authorities => _certificate?.Authorities;

    /// <summary>How long its start took, if it was started here.</summary>
    public TimeSpan Startup => _own?.Startup ?? TimeSpan.Zero;

    /// <summary>The server that was there.</summary>
    public static Target Of(GivenServer server) => new(server.Address, server.IssueToken, server.Process) { RecipientsAt = server.RecipientsAt };

    /// <summary>A server with empty mailboxes, or what <paramref name="prepare"/> has put into them.</summary>
    /// <exception cref="InvalidOperationException">It does not start.</exception>
    public static Task<Target> StartAsync(HexagramProgram program, Transport transport, bool withTls, Func<string, Task> prepare) =>
        StartAsync(program, transport, withTls, null, (data, user) => program.IssueToken(data, user), prepare);

    /// <summary>The floor: whoever comes is who it says it is.</summary>
    /// <exception cref="InvalidOperationException">It does not start.</exception>
    public static Task<Target> StartFloorAsync(HexagramProgram program, IReadOnlyList<string> words) =>
        StartAsync(program, Transport.Tcp, withTls: false, words, (_, user) => user.Value, _ => Task.CompletedTask);

    private static async Task<Target> StartAsync(
        HexagramProgram program, Transport transport, bool withTls, IReadOnlyList<string>? words, Func<string, UserId, string> issueToken, Func<string, Task> prepare)
    {
        var folder = Directory.CreateTempSubdirectory("hexagram-bench-").FullName;
        var certificate = withTls ? new OwnCertificate(folder) : null;
        var own = new ServerProcess(certificate?.Encrypt(program) ?? program, folder, words);
        try
        {
            await prepare(own.Data).ConfigureAwait(false);
            var tcp = await own.StartAsync().ConfigureAwait(false);
            var address = transport == Transport.Tcp ? tcp : own.Http ?? throw new InvalidOperationException($"It does not listen for {transport.Name()}.");
            return new Target(address, user => issueToken(own.Data, user), own, folder, certificate);
        }
        catch
        {
            certificate?.Dispose();
            await EndAsync(own, folder).ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _certificate?.Dispose();
        if (_own is not null)
        {
            await EndAsync(_own, _folder!).ConfigureAwait(false);
        }
    }

    private static async Task EndAsync(ServerProcess own, string folder)
    {
        await own.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(folder, recursive: true);
    }
}
