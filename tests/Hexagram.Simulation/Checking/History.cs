using Hexagram.Protocol;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Checking;

/// <summary>One message as the application wrote it.</summary>
/// <param name="Sender">The sending device.</param>
/// <param name="To">The recipient.</param>
/// <param name="Ordinal">Its place among the sender's messages to this recipient.</param>
internal sealed record Sent(string Sender, UserId To, int Ordinal)
{
    internal string Text => $"{Sender}|{To}|{Ordinal}";

    internal bool Cancelled { get; set; }

    internal bool MayBeMissing { get; set; }

    internal static (string Sender, UserId To, int Ordinal) Parse(string text)
    {
        var parts = text.Split('|');
        return (parts[0], new UserId(parts[1]), int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>What happened in a schedule, and what was wrong about it.</summary>
internal sealed class History(World world)
{
    private readonly Dictionary<string, Sent> _sent = [];
    private readonly Dictionary<string, List<string>> _handled = [];
    private readonly List<string> _faults = [];

    /// <summary>Everything wrong so far, in words.</summary>
    internal IReadOnlyList<string> Faults => _faults;

    internal int SentCount => _sent.Count;

    internal IEnumerable<Sent> All => _sent.Values;

    /// <summary>SendAsync has returned: from here on the message may not be lost.</summary>
    internal void WasSent(Sent message) => _sent.Add(message.Text, message);

    /// <summary>A device's application has committed the effect of a message.</summary>
    internal void WasHandled(string device, string text)
    {
        if (!_handled.TryGetValue(device, out var texts))
        {
            _handled.Add(device, texts = []);
        }

        if (texts.Contains(text))
        {
            Fault($"doubled: {device} handled {text} twice");
        }

        var (sender, to, ordinal) = Sent.Parse(text);
        if (texts.Select(Sent.Parse).Any(t => t.Sender == sender && t.To == to && t.Ordinal > ordinal))
        {
            Fault($"reordered: {device} handled {text} after a later one");
        }

        if (_sent.TryGetValue(text, out var message) && message.Cancelled)
        {
            Fault($"lie: {text} was called cancelled, and {device} handled it");
        }

        texts.Add(text);
    }

    /// <summary>The sender was told a state.</summary>
    /// <param name="text">Which message.</param>
    /// <param name="state">What it was told.</param>
    /// <param name="durable">Whether the store holds it, or has held it before a restore.</param>
    internal void WasTold(string text, MessageState state, bool durable)
    {
        if (state == MessageState.Delivered && !_handled.Values.Any(texts => texts.Contains(text)))
        {
            Fault($"lie: {text} was called delivered before any device had committed it");
        }

        if (state is MessageState.Accepted or MessageState.Stored && !durable)
        {
            Fault($"lie: {text} was called {state} and is not on disk");
        }
    }

    internal bool Handled(string device, Sent message) => _handled.TryGetValue(device, out var texts) && texts.Contains(message.Text);

    internal void Fault(string what)
    {
        world.Trace($"FAULT {what}");
        _faults.Add(what);
    }
}
