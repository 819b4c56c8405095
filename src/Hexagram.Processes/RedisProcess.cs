using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hexagram.Processes;

/// <summary>A Redis server that writes all down: what a cluster's members are in outlives it.</summary>
/// <param name="folder">Where its data and its log go.</param>
public sealed class RedisProcess(string folder) : EngineProcess(folder, "redis")
{
    private protected override string EndSignal => "KILL";

    private protected override IReadOnlyList<string> Words() =>
    [
        "redis-server", "--port", EndPoint.Port.ToString(CultureInfo.InvariantCulture), "--bind", EndPoint.Address.ToString(), "--protected-mode", "no",
        "--dir", Folder, "--save", "", "--appendonly", "yes",
    ];

    private protected override async Task<bool> IsReadyAsync(NetworkStream stream, CancellationToken patience)
    {
        await stream.WriteAsync("PING\r\n"u8.ToArray(), patience);
        var answer = new byte[64];
        var length = await stream.ReadAsync(answer, patience);

        // While it reads what it wrote down it answers with an error.
        return Encoding.ASCII.GetString(answer, 0, length).StartsWith("+PONG", StringComparison.Ordinal);
    }
}
