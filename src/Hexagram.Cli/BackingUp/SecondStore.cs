using System.Net.Sockets;
using System.Text;
using Hexagram.Cli.Serving;
using Hexagram.Cli.Serving.Control;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;

namespace Hexagram.Cli.BackingUp;

/// <summary>
/// A complete second store beside the one of a data folder, for as long as this object lives: made by the server if one runs, else by this process.
/// </summary>
internal sealed class SecondStore : IAsyncDisposable
{
    private readonly IAsyncDisposable _holder;
    private readonly string? _remove;

    private SecondStore(string folder, string epoch, bool isServerRunning, IAsyncDisposable holder, string? remove) =>
        (Folder, Epoch, IsServerRunning, _holder, _remove) = (folder, epoch, isServerRunning, holder, remove);

    /// <summary>Where it is.</summary>
    public string Folder { get; }

    /// <summary>The history that it belongs to.</summary>
    public string Epoch { get; }

    /// <summary>Whether a server works with the data folder.</summary>
    public bool IsServerRunning { get; }

    /// <summary>Makes one.</summary>
    /// <exception cref="CommandFailure">It cannot be made.</exception>
    public static async Task<SecondStore> MakeAsync(DataFolder data, Surroundings surroundings)
    {
        try
        {
            return await AskServerAsync(data, surroundings.Stop) ?? await MakeHereAsync(data, surroundings);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or IOException or UnauthorizedAccessException or SocketException)
        {
            throw new CommandFailure($"The mailboxes in {data.Path} cannot be copied: {fault.Message}", cause: fault);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_remove is not null)
        {
            Directory.Delete(_remove, recursive: true);
        }

        await _holder.DisposeAsync();
    }

    /// <returns>Null when no server answers.</returns>
    private static async Task<SecondStore?> AskServerAsync(DataFolder data, CancellationToken stop)
    {
        if (!File.Exists(data.ControlSocket))
        {
            return null;
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var address = ShortPath.To(data.ControlSocket);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.Path), stop);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Of a server that was killed.
            socket.Dispose();
            return null;
        }

        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{ControlAnswer.CheckpointRequest}\n"), stop);
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        var answer = await reader.ReadLineAsync(stop) is { } line ? ControlAnswer.Parse(line) : null;
        if (answer is { Folder: { } folder, Epoch: { } epoch })
        {
            return new SecondStore(folder, epoch, isServerRunning: true, stream, remove: null);
        }

        await stream.DisposeAsync();
        throw new IOException(answer?.Fault ?? "the server that runs there did not answer as this version does.");
    }

    private static async Task<SecondStore> MakeHereAsync(DataFolder data, Surroundings surroundings)
    {
        var store = RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = data.Mailboxes }, surroundings.Time);
        try
        {
            // No server runs: what is here is of one that was killed, or of a backup that was.
            if (Directory.Exists(data.Checkpoints))
            {
                Directory.Delete(data.Checkpoints, recursive: true);
            }

            PrivateFolder.Create(data.Checkpoints);
            var folder = Path.Combine(data.Checkpoints, "0");
            var checkpoint = await store.CheckpointAsync(folder);
            return new SecondStore(folder, checkpoint.Epoch.ToString(), isServerRunning: false, store, data.Checkpoints);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }
}
