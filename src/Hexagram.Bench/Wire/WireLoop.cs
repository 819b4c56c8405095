using System.Buffers;
using System.Net;

namespace Hexagram.Bench.Wire;

/// <summary>
/// Drives all connections from one thread: waits for those with something to read, lets each read, answer and write once, and waits again. The
/// buffers are the loop's, so a connection that is idle holds none.
/// </summary>
/// <param name="server">Where to connect to.</param>
/// <param name="framing">How packets lie in the bytes.</param>
/// <param name="stop">Ends a wait with an exception.</param>
internal sealed class WireLoop(EndPoint server, WireFraming framing, CancellationToken stop) : IDisposable
{
    private const int InputBytes = 256 << 10;

    private readonly Readiness _readiness = new();
    private readonly List<WireConnection> _connections = [];

    /// <summary>Where a connection reads to, in its turn.</summary>
    public byte[] Input { get; private set; } = new byte[InputBytes];

    /// <summary>What a connection has to write, in its turn.</summary>
    public ArrayBufferWriter<byte> Output { get; } = new(InputBytes);

    /// <summary>How packets lie in the bytes.</summary>
    public WireFraming Framing => framing;

    /// <summary>The connections that have not been welcomed yet.</summary>
    public int Opening { get; set; }

    /// <summary>Begins to connect; the connection says Hello when it is through.</summary>
    public void Open(WireConnection connection)
    {
        stop.ThrowIfCancellationRequested();
        connection.Open(connection.Server ?? server, _readiness, _connections.Count);
        _connections.Add(connection);
        Opening++;
    }

    /// <summary>One wait, and one turn for each connection that it found ready.</summary>
    /// <param name="until">When to end the wait at the latest, as a timestamp of Stopwatch.</param>
    public void Turn(long until)
    {
        stop.ThrowIfCancellationRequested();
        var count = _readiness.Wait(until);
        for (var index = 0; index < count; index++)
        {
            var (number, what) = _readiness.At(index);
            if (number >= 0)
            {
                _connections[number].Turn(what);
            }
        }
    }

    /// <summary>Room for a packet that the input cannot hold.</summary>
    public void GrowInput()
    {
        var larger = Input;
        Array.Resize(ref larger, Input.Length * 2);
        Input = larger;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Close();
        }

        _readiness.Dispose();
    }
}
