using System.Net.Sockets;
using System.Text;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.Logging;

namespace Hexagram.Cli.Serving.Control;

/// <summary>
/// Where a running server is asked for what only it can do, by whoever may look into its data folder: a Unix socket in there. One request per connection; what
/// was made for it lasts as long as the connection, so that nobody has to be trusted to clean up.
/// </summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly DataFolder _data;
    private readonly RocksDbMailboxStore _store;
    private readonly ILogger _logger;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private long _number;

    private ControlSocket(DataFolder data, RocksDbMailboxStore store, ILogger logger, Socket listener)
    {
        (_data, _store, _logger, _listener) = (data, store, logger, listener);
        _serving = ServeAsync();
    }

    /// <summary>Opens it for a server that holds the data folder; null where there can be none, which the log then says.</summary>
    public static ControlSocket? Open(DataFolder data, RocksDbMailboxStore store, ILogger logger)
    {
        // What is there is of a process that has ended: the store's folder is held by this one.
        RemoveLeftovers(data);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var address = ShortPath.To(data.ControlSocket);
            listener.Bind(new UnixDomainSocketEndPoint(address.Path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(data.ControlSocket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            listener.Listen();
            return new ControlSocket(data, store, logger, listener);
        }
        catch (Exception fault) when (fault is SocketException or ArgumentOutOfRangeException or IOException or UnauthorizedAccessException)
        {
            // A file system without sockets, say. The server itself does without.
            listener.Dispose();
            logger.ControlUnavailable(data.ControlSocket, fault.Message);
            return null;
        }
    }

    /// <summary>Ends what is under way and removes the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
        RemoveLeftovers(_data);
    }

    private static void RemoveLeftovers(DataFolder data)
    {
        File.Delete(data.ControlSocket);
        if (Directory.Exists(data.Checkpoints))
        {
            Directory.Delete(data.Checkpoints, recursive: true);
        }
    }

    /// <summary>One after the other: a second backup at the same time waits.</summary>
    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var connection = await _listener.AcceptAsync(_stop.Token);
                await AnswerAsync(connection);
            }
            catch (Exception fault) when (fault is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // That one has gone, or the server stops.
                if (!_stop.IsCancellationRequested)
                {
                    _logger.ControlRequestFailed(fault.Message);

                    // Where there is no room for a connection, there is none at once either.
                    await Task.WhenAny(Task.Delay(PauseAfterFailure, _stop.Token));
                }
            }
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        await using var stream = new NetworkStream(connection);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        patience.CancelAfter(RequestTimeout);
        var request = await ReadRequestAsync(stream, patience.Token);
        if (request != ControlAnswer.CheckpointRequest)
        {
            await stream.WriteAsync(ControlAnswer.Refuse("This server does not know the request.").ToBytes(), _stop.Token);
            return;
        }

        var folder = Path.Combine(_data.Checkpoints, FormattableString.Invariant($"{++_number}"));
        try
        {
            await stream.WriteAsync((await MakeAsync(folder)).ToBytes(), _stop.Token);

            // It is there until whoever asked for it closes the connection or dies.
            _ = await stream.ReadAsync(new byte[1], _stop.Token);
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private async Task<ControlAnswer> MakeAsync(string folder)
    {
        try
        {
            PrivateFolder.Create(_data.Checkpoints);
            var checkpoint = await _store.CheckpointAsync(folder);
            _logger.CheckpointMade(checkpoint.Record);
            return new ControlAnswer(folder, checkpoint.Epoch.ToString(), checkpoint.Record, null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or StoreUnavailableException)
        {
            return ControlAnswer.Refuse(fault.Message);
        }
    }

    private static async Task<string> ReadRequestAsync(Stream stream, CancellationToken cancellationToken)
    {
        const int BytesMax = 64;
        var bytes = new byte[BytesMax];
        var length = 0;
        while (length < BytesMax && await stream.ReadAsync(bytes.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            length += read;
            if (bytes[length - 1] == '\n')
            {
                break;
            }
        }

        return Encoding.ASCII.GetString(bytes, 0, length).TrimEnd('\n');
    }
}
