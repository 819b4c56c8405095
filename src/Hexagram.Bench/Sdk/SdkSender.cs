using Hexagram.Bench.Load;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Bench.Sdk;

/// <summary>A device that only sends: one stream of messages to one user. Thread-safe: numbers are given in the order of the calls of SendAsync.</summary>
internal sealed class SdkSender(HexagramClient client, int number, LoadSettings settings)
{
    private readonly Lock _gate = new();
    private readonly UserId _to = settings.Recipient(number);

    /// <summary>The client.</summary>
    public HexagramClient Client => client;

    /// <summary>The number of the stream.</summary>
    public int Number => number;

    /// <summary>How many were sent.</summary>
    public int Sent { get; private set; }

    /// <summary>Sends the next one.</summary>
    /// <returns>Its number, and the message once it is in the outbox.</returns>
    public async Task<(int Number, SentMessage Message)> SendAsync()
    {
        var bytes = new byte[settings.BodyBytes];
        Task<SentMessage> sending;
        int message;
        lock (_gate)
        {
            message = Sent++;
            NumberedBody.Write(bytes, number, message);
            Body.TryCreate(bytes, "", out var body);
            sending = client.SendAsync(_to, body);
        }

        return (message, await sending.ConfigureAwait(false));
    }
}
