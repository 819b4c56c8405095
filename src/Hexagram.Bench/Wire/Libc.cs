using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Hexagram.Bench.Wire;

/// <summary>
/// Sockets as Linux has them: the load must cost less than what it loads, and thousands of connections on one thread want one
/// call each to wait, to read and to write.
/// </summary>
internal static class Libc
{
    public const int EAgain = 11;
    public const int EInterrupted = 4;
    public const int EInProgress = 115;

    public const int StreamSocket = 1;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int MonotonicClock = 1;
    public const int AbsoluteTime = 1;
    public const int NoSignal = 0x4000;
    public const int LevelTcp = 6;
    public const int NoDelay = 1;
    public const int LevelSocket = 1;
    public const int Linger = 13;
    public const int SocketError = 4;

    /// <summary>What a call returned that cannot fail here but by a defect.</summary>
    public static int Checked(int result) => result >= 0 ? result : throw new Win32Exception();

    [DllImport("libc", SetLastError = true)]
    public static extern int socket(int domain, int type, int protocol);

    [DllImport("libc", SetLastError = true)]
    public static extern int connect(int socket, ref byte address, int length);

    [DllImport("libc", SetLastError = true)]
    public static extern nint recv(int socket, ref byte buffer, nint length, int flags);

    [DllImport("libc", SetLastError = true)]
    public static extern nint send(int socket, ref byte buffer, nint length, int flags);

    [DllImport("libc", SetLastError = true)]
    public static extern int setsockopt(int socket, int level, int name, ref long value, int length);

    [DllImport("libc", SetLastError = true)]
    public static extern int getsockopt(int socket, int level, int name, ref int value, ref int length);

    [DllImport("libc", SetLastError = true)]
    public static extern int close(int file);

    [DllImport("libc", SetLastError = true)]
    public static extern int epoll_create1(int flags);

    [DllImport("libc", SetLastError = true)]
    public static extern int epoll_ctl(int epoll, int operation, int file, ref byte pollEvent);

    [DllImport("libc", SetLastError = true)]
    public static extern int epoll_wait(int epoll, ref byte events, int count, int milliseconds);

    [DllImport("libc", SetLastError = true)]
    public static extern int timerfd_create(int clock, int flags);

    [DllImport("libc", SetLastError = true)]
    public static extern int timerfd_settime(int timer, int flags, ref TimerTime time, nint old);

    /// <summary>When a timer fires: once, at this time.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimerTime
    {
        public long IntervalSeconds;
        public long IntervalNanoseconds;
        public long Seconds;
        public long Nanoseconds;
    }
}
