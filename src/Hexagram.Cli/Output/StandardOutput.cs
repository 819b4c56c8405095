using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hexagram.Cli.Output;

/// <summary>
/// Standard output that says when it has gone. The runtime's own stream takes a closed pipe for success; <c>receive</c> would then
/// confirm messages that nobody has seen.
/// </summary>
internal static class StandardOutput
{
    /// <summary>Opens it unbuffered: a write that returns has reached the system, any other throws <see cref="IOException"/>.</summary>
    public static Stream Open()
    {
        if (!OperatingSystem.IsWindows())
        {
            return new Descriptor(1);
        }

        const int StandardOutputHandle = -11;
        return new FileStream(new SafeFileHandle(GetStdHandle(StandardOutputHandle), ownsHandle: false), FileAccess.Write, bufferSize: 0);
    }

    [DllImport("kernel32", SetLastError = true)]
    private static extern nint GetStdHandle(int which);

    /// <summary>
    /// An open file descriptor, written with write(2). A FileStream would remember its own position in a file, and write over what
    /// standard error has written to the same one.
    /// </summary>
    private sealed class Descriptor(int number) : Stream
    {
        private const int Interrupted = 4;
        private static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (buffer.Length > 0)
            {
                var written = write(number, in MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
                if (written >= 0)
                {
                    buffer = buffer[(int)written..];
                    continue;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error == WouldBlock)
                {
                    WaitForRoom();
                }
                else if (error != Interrupted)
                {
                    throw new IOException($"Standard output cannot be written: {Marshal.GetPInvokeErrorMessage(error)}.");
                }
            }
        }

        public override void Flush()
        {
            // Nothing is held back here.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        /// <summary>Another process that shares the pipe may have made it non-blocking.</summary>
        private void WaitForRoom()
        {
            const short Writable = 4;
            var what = new Poll { Descriptor = number, Events = Writable };
            _ = poll(ref what, 1, -1);
        }

        [DllImport("libc", SetLastError = true)]
        private static extern nint write(int descriptor, in byte buffer, nuint count);

        [DllImport("libc", SetLastError = true)]
        private static extern int poll(ref Poll what, nuint count, int milliseconds);

        [StructLayout(LayoutKind.Sequential)]
        private struct Poll
        {
            public int Descriptor;
            public short Events;
            public short Returned;
        }
    }
}
