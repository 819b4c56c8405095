using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Hexagram.Protocol;

namespace Hexagram.Chaos.Clients;

/// <summary>
/// The process of clients, from its side: it reads its <see cref="ClientSetup"/> and then commands from standard input, one per line, and prints
/// <see cref="ClientLine"/>s. It may be killed at any moment; what it has printed until then is what counts. It ends with its standard input.
/// </summary>
public static class ClientProgram
{
    /// <summary>No new messages from here on.</summary>
    internal const string Quiet = "quiet";

    /// <summary>Print what is in the outboxes, close the clients and end.</summary>
    internal const string Close = "close";

    /// <summary>Set the clock; a number of seconds follows.</summary>
    internal const string Clock = "clock";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan OutboxEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs until it is told to close, or its standard input ends.</summary>
    /// <param name="input">Standard input.</param>
    /// <param name="output">Standard output; each write has to reach the system before it returns.</param>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(Stream input, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        using var reader = new StreamReader(input, Encoding.UTF8);
        var setup = JsonSerializer.Deserialize(await reader.ReadLineAsync() ?? "", ClientSetupJson.Default.ClientSetup)
            ?? throw new InvalidDataException("The first line of standard input says what to do, as JSON.");
        var lines = new ClientLines(output);
        var time = new ShiftedTime();
        var clients = new List<SeatedClient>();
        try
        {
            foreach (var seat in setup.Clients)
            {
                clients.Add(await SeatedClient.OpenAsync(seat, setup, time, lines));
            }

            using var quiet = new CancellationTokenSource();
            using var close = new CancellationTokenSource();
            var writing = WriteAsync(setup, clients, lines, quiet.Token, close.Token);
            var isOrdered = await ObeyAsync(reader, time, lines, quiet);
            await close.CancelAsync();
            await writing;
            if (isOrdered)
            {
                foreach (var client in clients)
                {
                    await client.TellWaitingAsync();
                }
            }
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }

        return 0;
    }

    /// <returns>Whether it was told to close; false when standard input ended.</returns>
    private static async Task<bool> ObeyAsync(StreamReader reader, ShiftedTime time, ClientLines lines, CancellationTokenSource quiet)
    {
        while (await reader.ReadLineAsync() is { } command)
        {
            switch (command.Split(' '))
            {
                case [Close]:
                    return true;
                case [Quiet]:
                    await quiet.CancelAsync();
                    break;
                case [Clock, var seconds]:
                    time.Shift = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
                    lines.Tell(ClientWord.Clock, null, seconds);
                    break;
                default:
                    throw new InvalidDataException($"'{command}' is no command.");
            }
        }

        return false;
    }

    /// <summary>Writes messages at the rate, from anybody to anybody, until it is to be quiet; and says now and then, until the end, how many wait.</summary>
    private static async Task WriteAsync(ClientSetup setup, List<SeatedClient> clients, ClientLines lines, CancellationToken quiet, CancellationToken close)
    {
        var random = new Random(setup.Seed);
        var recipients = setup.Recipients.Select(name => new UserId(name)).ToList();
        var started = Stopwatch.GetTimestamp();
        var told = started;
        var called = 0L;
        using var timer = new PeriodicTimer(Beat);
        while (!close.IsCancellationRequested)
        {
            // What was missed while the process stood still is made up for one second, not more: it would be a flood.
            var due = (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * setup.Rate);
            called = Math.Max(called, due - (long)Math.Ceiling(setup.Rate));
            for (; called < due && !quiet.IsCancellationRequested; called++)
            {
                clients[random.Next(clients.Count)].Send(recipients[random.Next(recipients.Count)]);
            }

            if (Stopwatch.GetElapsedTime(told) > OutboxEvery)
            {
                told = Stopwatch.GetTimestamp();
                lines.Tell(ClientWord.Outbox, null, clients.Sum(client => client.OutboxCount).ToString(CultureInfo.InvariantCulture));
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
