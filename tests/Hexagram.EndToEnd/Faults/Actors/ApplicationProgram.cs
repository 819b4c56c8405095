using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>
/// An application on the client in a process of its own: it does what it reads, line by line, says what happens to it
/// (<see cref="Spoken"/>), and writes what it receives into its <see cref="Ledger"/>. Its test kills it, or has it die at a fail point.
/// </summary>
internal sealed class ApplicationProgram : IAsyncDisposable
{
    /// <summary>The first word of its command line; then come server, token, folder, device, how many times faster its timers run, the form of packets, and the file of whom it trusts or nothing.</summary>
    public const string Word = "application";

    private readonly HexagramClient _client;
    private readonly SteeredClock _clock;
    private readonly ConcurrentQueue<Task> _followers = new();

    private ApplicationProgram(HexagramClient client, SteeredClock clock)
    {
        _client = client;
        _clock = clock;
    }

    /// <summary>Runs until its standard input ends.</summary>
    public static async Task<int> RunAsync(string[] words)
    {
        var clock = new SteeredClock(Number(words[4]));
        var options = new HexagramClientOptions
        {
            Server = new Uri(words[0]),
            Form = Enum.Parse<PacketForm>(words[5]),
            TrustedAuthorities = words[6].Length == 0 ? null : Trusted(words[6]),
            Token = words[1],
            Store = ClientStore.Sqlite(words[2]),
            Device = new DeviceId(words[3]),
            Reconnect = new Backoff(TimeSpan.FromMilliseconds(20 * Number(words[4])), TimeSpan.FromMilliseconds(200 * Number(words[4]))),
            TimeProvider = clock,
            Trace = Trace,
        };
        await using var program = new ApplicationProgram(await HexagramClient.OpenAsync(options), clock);
        program.Begin();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            await program.DoAsync(line.Split(' '));
        }

        return 0;
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static X509Certificate2Collection Trusted(string file)
    {
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPemFile(file);
        return trusted;
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static void Trace(TracedPacket packet)
    {
        var about = packet.Packet switch
        {
            MessageRequest request => $"{request.Id} {request.Body.Text}",
            MessageAcknowledge accepted => $"{accepted.Id}",
            MessageNotify notify => $"{notify.Id} {notify.Sequence} {notify.Redelivered}",
            AckRequest confirmation => $"{confirmation.UpTo}",
            AckAcknowledge confirmed => $"{confirmed.UpTo}",
            AckNotify report => $"{report.State} {string.Join(' ', report.Ids)}",
            Welcome welcome => $"{welcome.ResumeAfter}",
            Hello hello => $"{hello.Cursor}",
            Error error => $"{error.Code}",
            Goodbye goodbye => $"{goodbye.Code}",
            _ => "",
        };
        Spoken.Say(Spoken.Packet, $"{packet.Direction}", packet.Packet.GetType().Name, about);
    }

    private void Begin()
    {
        _client.StateChanged += (_, state) => Spoken.Say(Spoken.Connection, state.GetType().Name, $"{state}");
        foreach (var message in _client.ListOutbox())
        {
            // A body that was left on the disk stands for a message that was stored for somebody who was away; here nobody is for long.
            _followers.Enqueue(FollowAsync(message, message.Body?.Text ?? ""));
        }

        _client.OnMessageInTransaction(async (message, transaction, cancellationToken) =>
        {
            FailPoint.Pass("handler.entered");
            await Ledger.NoteAsync(message, transaction, cancellationToken);
            FailPoint.Pass("handler.wrote");
            Spoken.Say(Spoken.Handled, message.Text);
        });
    }

    private async Task DoAsync(string[] words)
    {
        switch (words)
        {
            case ["send", var to, var before, var first, var count, var padding]:
                for (var ordinal = Number(first); ordinal < Number(first) + Number(count); ordinal++)
                {
                    await SendAsync(to, $"{before}{ordinal}|{new string('x', Number(padding))}");
                }

                break;
            case ["drain"]:
                _ = DrainAsync();
                break;
            case ["clock", var seconds]:
                _clock.Shift(TimeSpan.FromSeconds(Number(seconds)));
                break;
            default:
                throw new InvalidDataException($"This program does not know '{string.Join(' ', words)}'.");
        }
    }

    private async Task SendAsync(string to, string text)
    {
        Spoken.Say(Spoken.Calling, text);
        var message = await _client.SendAsync(to, text);
        Spoken.Say(Spoken.Sent, text);
        _followers.Enqueue(FollowAsync(message, text));
    }

    private static async Task FollowAsync(SentMessage message, string text)
    {
        foreach (var state in (SentState[])[SentState.Accepted, SentState.Delivered])
        {
            try
            {
                await message.WhenAsync(state);
            }
            catch (MessageRefusedException refusal)
            {
                Spoken.Say(Spoken.Refused, text, $"{refusal.Code}");
                return;
            }

            Spoken.Say(Spoken.Told, text, $"{state}");
        }
    }

    private async Task DrainAsync()
    {
        while (_client.ListOutbox() is [var first, ..])
        {
            try
            {
                await first.Delivered;
            }
            catch (MessageRefusedException)
            {
                // Its follower says so; it is in the outbox no more.
            }
        }

        // What became of a message is told by its follower, who may come to speak later than the outbox is empty.
        await Task.WhenAll(_followers);
        Spoken.Say(Spoken.Drained);
    }
}
