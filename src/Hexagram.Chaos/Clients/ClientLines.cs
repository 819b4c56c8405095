using Hexagram.Checking;

namespace Hexagram.Chaos.Clients;

/// <summary>Prints <see cref="ClientLine"/>s, each whole and at once: what was told before a kill has been told. Thread-safe.</summary>
internal sealed class ClientLines(TextWriter output)
{
    private readonly Lock _gate = new();

    /// <summary>Returns when the line has reached the system.</summary>
    public void Tell(ClientWord word, TrackedMessage? message, string rest = "")
    {
        lock (_gate)
        {
            // Under the lock, so that the times of the lines are in the order of the lines.
            output.Write(ClientLine.Format(word, message, rest) + "\n");
            output.Flush();
        }
    }
}
