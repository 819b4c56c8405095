using System.Threading.Channels;
using Hexagram.Protocol;
using Hexagram.Protocol.Polling;

namespace Hexagram.Client.Connections.Polling;

/// <summary>
/// Sends msg:R and status:R, one request after the other and in their order (PROTOCOL §14.2): what gathers while one is under way goes with the next. How much that
/// is, the outbox's own bounds say. Adding is thread-safe.
/// </summary>
internal sealed class PostLoop(PollingHttp http, Action<PollingAnswer> arrive)
{
    /// <summary>So much goes into one request, or one message.</summary>
    private const int RequestBytesMax = 1 << 20;

    private const int RequestsMax = 256;

    private readonly Channel<Packet> _packets = Channel.CreateUnbounded<Packet>(new UnboundedChannelOptions { SingleReader = false });

    /// <summary>The server remembers nothing from request to request, so what it holds back is brought along.</summary>
    private readonly Dictionary<UserId, Error> _held = [];

    /// <summary>About how long a packet is.</summary>
    internal static int BytesOf(Packet packet) => 128 + (packet is MessageRequest request ? request.Body.Content.Length : 0);

    /// <summary>Sends it after those before it.</summary>
    internal void Add(Packet packet) => _packets.Writer.TryWrite(packet);

    /// <summary>Sends what is added, until a request is lost or has a problem.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _packets.Reader.WaitToReadAsync(cancellationToken))
        {
            Take(out var status, out var requests);
            var answer = status is not null
                ? await http.AskAsync("status", output => Protocol.Codec.Json.JsonPacketCodec.Write(status, output), cancellationToken)
                : await SendAsync(requests, cancellationToken);
            arrive(answer);
            if (answer.Goodbye is not null)
            {
                return;
            }
        }
    }

    private async Task<PollingAnswer> SendAsync(List<MessageRequest> requests, CancellationToken cancellationToken)
    {
        // What a message of this request holds back again, its answer says.
        var held = _held.Values.Where(error => requests.Any(request => request.To == error.To)).ToList();
        foreach (var request in requests)
        {
            if (_held.TryGetValue(request.To, out var error) && error.Id == request.Id)
            {
                _held.Remove(request.To);
            }
        }

        var answer = await http.AskAsync("messages", output => PollingCodec.Write(new MessagesRequest(requests, held), output), cancellationToken);
        foreach (var packet in answer.Packets)
        {
            if (packet is Error error && error.Code.Remedy() == ErrorRemedy.RetryLater)
            {
                _held.TryAdd(error.To, error);
            }
        }

        return answer;
    }

    private void Take(out StatusRequest? status, out List<MessageRequest> requests)
    {
        status = null;
        requests = [];
        var bytes = 0;
        while (_packets.Reader.TryPeek(out var packet))
        {
            bytes += BytesOf(packet);
            if (requests.Count > 0 && (packet is not MessageRequest || requests.Count == RequestsMax || bytes > RequestBytesMax))
            {
                return;
            }

            _packets.Reader.TryRead(out _);
            if (packet is not MessageRequest request)
            {
                status = (StatusRequest)packet;
                return;
            }

            requests.Add(request);
        }
    }
}
