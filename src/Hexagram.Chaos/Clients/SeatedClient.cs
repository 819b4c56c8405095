using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Hexagram.Checking;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Chaos.Clients;

/// <summary>
/// One client under test: says what it calls, what it is told, and what its handler does. The handler notes each message in a table of the client's own file,
/// in the transaction, so that a second effect would be seen as a second row. <see cref="Send"/> is called by one caller at a time.
/// </summary>
internal sealed class SeatedClient : IAsyncDisposable
{
    /// <summary>The table of effects: what the application has of the messages. Ticks are those of <see cref="Stopwatch"/>.</summary>
    public const string EffectsTable = "CREATE TABLE IF NOT EXISTS effects (number INTEGER PRIMARY KEY, ticks INTEGER NOT NULL, message TEXT NOT NULL)";

    private static readonly string[] Paddings = [new('.', 60), new('.', 60), new('.', 60), new('.', 2_000), ""];

    private readonly HexagramClient _client;
    private readonly ClientLines _lines;
    private readonly Party _party;
    private readonly Dictionary<UserId, long> _ordinals;
    private readonly Lock _telling = new();

    private SeatedClient(HexagramClient client, ClientSeat seat, ClientLines lines)
    {
        _client = client;
        _lines = lines;
        _party = new Party(new UserId(seat.User), new DeviceId(seat.Device));
        _ordinals = seat.Ordinals.ToDictionary(pair => new UserId(pair.Key), pair => pair.Value);
    }

    /// <summary>How many messages wait in its outbox.</summary>
    public int OutboxCount => _client.ListOutbox().Count;

    /// <summary>Opens a client and follows what an earlier process of it has left in its outbox.</summary>
    public static async Task<SeatedClient> OpenAsync(ClientSeat seat, ClientSetup setup, TimeProvider time, ClientLines lines)
    {
        var client = await HexagramClient.OpenAsync(new HexagramClientOptions
        {
            Server = new Uri(setup.Server),
            TrustedAuthorities = setup.Certificate is { } file ? [X509CertificateLoader.LoadCertificateFromFile(file)] : null,
            Form = setup.InJson ? PacketForm.Json : PacketForm.Binary,
            User = new UserId(seat.User),
            Device = new DeviceId(seat.Device),
            Token = seat.Token,
            Store = ClientStore.Sqlite(seat.Folder),
            Window = seat.Receives ? ProtocolLimits.WindowDefault : 0,
            TimeProvider = time,
            Software = "hexagram-chaos",
        });
        var seated = new SeatedClient(client, seat, lines);
        client.StateChanged += (_, state) => seated.Heard(state);
        client.HandlerFailed += (_, failed) => lines.Tell(ClientWord.Trouble, null, $"{seated._party}: the handler failed: {failed.Exception.Message}");
        client.MessagesMissing += (_, missing) => lines.Tell(ClientWord.Trouble, null, $"{seated._party}: messages {missing.From} to {missing.To} are missing");
        client.StoreFailed += (_, fault) => lines.Tell(ClientWord.Trouble, null, $"{seated._party}: the client's store failed: {fault.Message}");
        await foreach (var (left, message) in seated.ReadOutboxAsync())
        {
            seated.Follow(left, message);
        }

        if (seat.Receives)
        {
            client.OnMessageInTransaction(seated.HandleAsync);
        }

        return seated;
    }

    /// <summary>Sends the next message to somebody.</summary>
    public void Send(UserId to)
    {
        var ordinal = _ordinals[to] = _ordinals.GetValueOrDefault(to) + 1;
        var message = new TrackedMessage(_party, to, ordinal);
        _lines.Tell(ClientWord.Calling, message);
        // Called here and not awaited: the order of the calls is what is promised to be kept.
        _ = SendAsync(message);
    }

    /// <summary>Says which messages are still in the outbox.</summary>
    public async Task TellWaitingAsync()
    {
        await foreach (var (left, message) in ReadOutboxAsync())
        {
            _lines.Tell(ClientWord.Waiting, message, left.State.ToString());
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async IAsyncEnumerable<(SentMessage Left, TrackedMessage Message)> ReadOutboxAsync()
    {
        foreach (var left in _client.ListOutbox())
        {
            if (await _client.ReadBodyAsync(left) is { } body && TrackedMessage.TryParse(body.Text, out var message))
            {
                yield return (left, message);
            }
        }
    }

    private async Task SendAsync(TrackedMessage message)
    {
        try
        {
            var sent = await _client.SendAsync(message.To, Body.FromText(TextOf(message)));
            _lines.Tell(ClientWord.Sent, message);
            Follow(sent, message);
        }
        catch (OutboxFullException)
        {
            // Nothing was taken and nothing promised; it must never arrive.
            _lines.Tell(ClientWord.NotTaken, message);
        }
        catch (Exception fault) when (fault is not ObjectDisposedException)
        {
            _lines.Tell(ClientWord.Trouble, null, $"{message} could not be sent: {fault}");
        }
    }

    private void Follow(SentMessage sent, TrackedMessage message)
    {
        _ = TellWhenAsync(sent, message, SentState.Accepted, ClientWord.Accepted);
        _ = TellWhenAsync(sent, message, SentState.Stored, ClientWord.Stored);
        _ = TellWhenAsync(sent, message, SentState.Delivered, ClientWord.Delivered);
    }

    private async Task TellWhenAsync(SentMessage sent, TrackedMessage message, SentState state, ClientWord word)
    {
        try
        {
            await sent.WhenAsync(state);
            lock (_telling)
            {
                // What was overtaken by something stronger was not told.
                if (sent.State == state)
                {
                    _lines.Tell(word, message);
                }
            }
        }
        catch (MessageRefusedException refused)
        {
            if (state == SentState.Delivered)
            {
                _lines.Tell(ClientWord.Refused, message, $"{refused.Code} {refused.Message}");
            }
        }
        catch (Exception ended) when (ended is ObjectDisposedException or OperationCanceledException)
        {
            // The client is closed; whoever opens its store next follows the message.
        }
        catch (Exception fault)
        {
            _lines.Tell(ClientWord.Trouble, null, $"Nobody can tell whether {message} is {state}: {fault}");
        }
    }

    private async Task HandleAsync(Message message, DbTransaction transaction, CancellationToken cancellationToken)
    {
        if (!TrackedMessage.TryParse(message.Text, out var tracked) || tracked.Sender.User != message.From || message.Text != TextOf(tracked))
        {
            _lines.Tell(ClientWord.Trouble, null, $"{_party}: message {message.Id} from {message.From} is not as anybody has sent it: '{message.Text}'");
            return;
        }

        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = EffectsTable;
        await command.ExecuteNonQueryAsync(cancellationToken);
        command.CommandText = "INSERT INTO effects (ticks, message) VALUES ($ticks, $message)";
        Add(command, "$ticks", Stopwatch.GetTimestamp());
        Add(command, "$message", tracked.Text);
        await command.ExecuteNonQueryAsync(cancellationToken);
        _lines.Tell(ClientWord.Handling, tracked, $"{_party.User} {_party.Device}");
    }

    /// <summary>The whole text of a message, of a size that follows from its place: who handles it can tell whether it has come unharmed.</summary>
    private static string TextOf(TrackedMessage message) => message.Text + Paddings[message.Ordinal % Paddings.Length];

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    /// <summary>A client that has stopped for good while nobody closed it is something to look at.</summary>
    private void Heard(ConnectionState state)
    {
        if (state is ConnectionState.Stopped { Cause: not StopCause.Disposed } stopped)
        {
            _lines.Tell(ClientWord.Trouble, null, $"{_party}: stopped: {stopped.Reason}");
        }
    }
}
