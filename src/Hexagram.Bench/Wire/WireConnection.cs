using System.Buffers;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;
using Hexagram.Protocol;

namespace Hexagram.Bench.Wire;

/// <summary>
/// One connection that speaks the protocol with the product's codec and nothing else of it: no store, no timers. In its turn it reads what
/// is there, takes every packet of it, and answers all in one write. Used by the loop's thread alone.
/// </summary>
internal abstract class WireConnection(WireLoop loop)
{
    private const string Software = "hexagram-bench";

    private readonly WireLoop _loop = loop;
    private Readiness? _readiness;
    private int _socket = -1;
    private int _number;
    private bool _isConnected;
    private bool _isOpen;
    private byte[] _unparsed = [];
    private byte[] _unsent = [];

    /// <summary>Where it connects to, if not where all do.</summary>
    public EndPoint? Server { get; init; }

    /// <summary>Set when the server has said Welcome.</summary>
    public Welcome? Welcome { get; private set; }

    /// <summary>Begins to connect.</summary>
    public void Open(EndPoint server, Readiness readiness, int number)
    {
        Welcome = null;
        _isConnected = false;
        _isOpen = false;
        _unparsed = [];
        _unsent = [];
        _readiness = readiness;
        _number = number;
        var address = server.Serialize();
        _socket = Libc.socket((int)address.Family == 2 ? 2 : 10, Libc.StreamSocket | Libc.NonBlocking | Libc.CloseOnExec, 0);
        if (_socket < 0)
        {
            throw new InvalidOperationException($"No more sockets: {new Win32Exception().Message}. 'ulimit -n' says how many a process may have.");
        }

        Set(Libc.LevelTcp, Libc.NoDelay, 1, sizeof(int));

        // Closed without the courtesy of TCP: thousands of ports that linger would keep the next run from connecting.
        Set(Libc.LevelSocket, Libc.Linger, 1, sizeof(long));
        if (Libc.connect(_socket, ref address.Buffer.Span[0], address.Size) < 0 && Marshal.GetLastPInvokeError() != Libc.EInProgress)
        {
            throw Broken(new Win32Exception().Message);
        }

        readiness.Watch(_socket, number, Readiness.Ready.Write);
    }

    /// <summary>Reads, answers, writes.</summary>
    public void Turn(Readiness.Ready what)
    {
        if (_socket < 0)
        {
            // Closed while it was waited for.
            return;
        }

        if (!_isConnected)
        {
            Greet();
            return;
        }

        if ((what & Readiness.Ready.Write) != 0)
        {
            Flush();
        }

        if ((what & ~Readiness.Ready.Write) != 0)
        {
            Read();
        }
    }

    /// <summary>Ends the connection as a device ends whose battery is empty.</summary>
    public void Close()
    {
        if (_socket >= 0)
        {
            _readiness!.Forget(_socket);
            Libc.Checked(Libc.close(_socket));
            _socket = -1;
        }
    }

    /// <summary>What the connection begins with.</summary>
    /// <param name="software">Who says it.</param>
    protected abstract Hello Hello(string software);

    /// <summary>A packet has come, of the kinds that concern the role. What it writes goes out at the end of the turn.</summary>
    protected abstract void Take(Packet packet);

    /// <summary>All packets of a read have been taken.</summary>
    protected abstract void Answer();

    /// <summary>Puts a packet into what goes out with <see cref="Flush"/>.</summary>
    protected void Write(Packet packet) => _loop.Framing.Write(packet, _loop.Output);

    /// <summary>Sends what was written; what the socket does not take now goes later.</summary>
    protected void Flush()
    {
        var output = _loop.Output;
        if (_unsent.Length > 0)
        {
            _unsent = [.. _unsent, .. output.WrittenSpan];
            var sent = Send(_unsent);
            _unsent = _unsent[sent..];
            if (_unsent.Length == 0)
            {
                _readiness!.Change(_socket, _number, Readiness.Ready.Read);
            }
        }
        else if (output.WrittenCount > 0)
        {
            var sent = Send(output.WrittenSpan);
            if (sent < output.WrittenCount)
            {
                _unsent = output.WrittenSpan[sent..].ToArray();
                _readiness!.Change(_socket, _number, Readiness.Ready.Read | Readiness.Ready.Write);
            }
        }

        output.ResetWrittenCount();
    }

    /// <summary>The connection is at an end that nobody wanted.</summary>
    protected static InvalidOperationException Broken(string how) => new($"A connection of the load ended: {how.TrimEnd('.')}.");

    private void Set(int level, int name, long value, int bytes) => Libc.Checked(Libc.setsockopt(_socket, level, name, ref value, bytes));

    private void Greet()
    {
        var error = 0;
        var length = sizeof(int);
        Libc.Checked(Libc.getsockopt(_socket, Libc.LevelSocket, Libc.SocketError, ref error, ref length));
        if (error != 0)
        {
            throw Broken(new Win32Exception(error).Message);
        }

        _isConnected = true;
        _readiness!.Change(_socket, _number, Readiness.Ready.Read);
        var request = _loop.Framing.Request;
        if (request.IsEmpty)
        {
            Begin();
        }
        else
        {
            _loop.Output.Write(request);
        }

        Flush();
    }

    private void Begin()
    {
        _isOpen = true;
        Write(Hello(Software));
    }

    private void Read()
    {
        if (_unparsed.Length >= _loop.Input.Length)
        {
            _loop.GrowInput();
        }

        var input = _loop.Input;
        var kept = _unparsed.Length;
        _unparsed.CopyTo(input, 0);
        var read = (int)Libc.recv(_socket, ref input[kept], input.Length - kept, 0);
        if (read <= 0)
        {
            if (read < 0 && Marshal.GetLastPInvokeError() is Libc.EAgain or Libc.EInterrupted)
            {
                return;
            }

            throw Broken(read == 0 ? "the server closed it" : new Win32Exception().Message);
        }

        var bytes = new ReadOnlySequence<byte>(input, 0, kept + read);
        if (!_isOpen && WireFraming.TryTakeAnswer(ref bytes))
        {
            Begin();
        }

        while (_isOpen && _loop.Framing.Next(ref bytes) is { } packet)
        {
            TakeAny(packet);
        }

        _unparsed = bytes.IsEmpty ? [] : bytes.ToArray();
        if (Welcome is not null)
        {
            Answer();
        }

        Flush();
    }

    private void TakeAny(Packet packet)
    {
        switch (packet)
        {
            case Welcome welcome:
                Welcome = welcome;
                _loop.Opening--;
                Take(packet);
                break;
            case Goodbye goodbye:
                throw Broken($"Goodbye {(int)goodbye.Code}, {goodbye.Text}");
            case Error error:
                throw Broken($"the server refused a message with {(int)error.Code}, {error.Text}");
            case Ping:
                Write(Pong.Instance);
                break;
            default:
                Take(packet);
                break;
        }
    }

    private int Send(ReadOnlySpan<byte> bytes)
    {
        var sent = (int)Libc.send(_socket, ref MemoryMarshal.GetReference(bytes), bytes.Length, Libc.NoSignal);
        if (sent >= 0)
        {
            return sent;
        }

        return Marshal.GetLastPInvokeError() is Libc.EAgain or Libc.EInterrupted ? 0 : throw Broken(new Win32Exception().Message);
    }
}
