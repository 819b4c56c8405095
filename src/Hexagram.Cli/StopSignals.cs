using System.Runtime.InteropServices;

namespace Hexagram.Cli;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP as a request to end in order. The second one ends the process at once, as the system would have done
/// with the first.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>From here on, and until disposal, the signals are taken.</summary>
    public StopSignals()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Take));
        }
    }

    /// <summary>Cancelled at the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    private void Take(PosixSignalContext context)
    {
        if (!_stop.IsCancellationRequested)
        {
            context.Cancel = true;
            // Away from the signal's thread: what is registered on the token may take its time.
            _ = Task.Run(_stop.Cancel);
        }
    }
}
