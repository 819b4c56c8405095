using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hexagram.Bench.Wire;

/// <summary>
/// Waits until some of many sockets can be read or written, or a time has come (epoll and timerfd: a time to the microsecond, where a
/// time-out of epoll has milliseconds). Used by one thread.
/// </summary>
internal sealed class Readiness : IDisposable
{
    private const int EventsMax = 512;
    private const int Add = 1;
    private const int Remove = 2;
    private const int Modify = 3;
    private const uint EdgeTriggered = 1u << 31;
    private const int TimerNumber = -1;

    /// <summary>How long a wait takes at the most, so that a cancellation is seen.</summary>
    private const int WaitMilliseconds = 100;

    // Linux packs the event on x86-64, and there alone.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int NumberAt = EventBytes - sizeof(long);

    private readonly int _epoll = Libc.Checked(Libc.epoll_create1(Libc.CloseOnExec));
    private readonly int _timer = Libc.Checked(Libc.timerfd_create(Libc.MonotonicClock, Libc.CloseOnExec | Libc.NonBlocking));
    private readonly byte[] _events = new byte[EventsMax * EventBytes];
    private readonly byte[] _event = new byte[EventBytes];
    private long _armedFor;

    public Readiness() => Control(Add, _timer, TimerNumber, (uint)Ready.Read | EdgeTriggered);

    /// <summary>What a socket is ready for.</summary>
    [Flags]
    public enum Ready : uint
    {
        Read = 1,
        Write = 4,
        Failed = 8,
        HungUp = 16,
    }

    /// <summary>From now on <paramref name="socket"/> is waited for, under this number.</summary>
    public void Watch(int socket, int number, Ready what) => Control(Add, socket, number, (uint)what);

    /// <summary>From now on it is waited for something else.</summary>
    public void Change(int socket, int number, Ready what) => Control(Modify, socket, number, (uint)what);

    /// <summary>It is no longer waited for.</summary>
    public void Forget(int socket) => Control(Remove, socket, 0, 0);

    /// <summary>Waits until something is ready, the time has come, or a moment is over.</summary>
    /// <param name="until">A timestamp of Stopwatch.</param>
    /// <returns>How many are ready; see <see cref="At"/>.</returns>
    public int Wait(long until)
    {
        var isPast = until <= Stopwatch.GetTimestamp();
        if (!isPast && until != _armedFor)
        {
            Arm(until);
        }

        var count = Libc.epoll_wait(_epoll, ref _events[0], EventsMax, isPast ? 0 : WaitMilliseconds);
        return count >= 0 || Marshal.GetLastPInvokeError() == Libc.EInterrupted ? Math.Max(count, 0) : Libc.Checked(count);
    }

    /// <summary>One of those that are ready; the number is negative for the time.</summary>
    public (int Number, Ready What) At(int index)
    {
        var one = _events.AsSpan(index * EventBytes, EventBytes);
        return ((int)BinaryPrimitives.ReadInt64LittleEndian(one[NumberAt..]), (Ready)BinaryPrimitives.ReadUInt32LittleEndian(one));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Libc.Checked(Libc.close(_timer));
        Libc.Checked(Libc.close(_epoll));
    }

    private void Arm(long until)
    {
        // Stopwatch reads the same clock, in nanoseconds.
        var time = new Libc.TimerTime { Seconds = until / Stopwatch.Frequency, Nanoseconds = until % Stopwatch.Frequency };
        Libc.Checked(Libc.timerfd_settime(_timer, Libc.AbsoluteTime, ref time, 0));
        _armedFor = until;
    }

    private void Control(int operation, int file, int number, uint what)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_event, what);
        BinaryPrimitives.WriteInt64LittleEndian(_event.AsSpan(NumberAt), number);
        Libc.Checked(Libc.epoll_ctl(_epoll, operation, file, ref _event[0]));
    }
}
