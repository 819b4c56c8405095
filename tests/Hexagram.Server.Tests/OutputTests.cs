using System.Buffers;
using System.IO.Pipelines;
using Hexagram.Protocol;
using Hexagram.Server.Gateway.Output;
using Hexagram.Server.Gateway.Tcp;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Server.Tests;

/// <summary>What is on its way out: slow and stuck are told apart, and what belongs together leaves together.</summary>
public sealed class OutputTests
{
    private const int PauseBytes = 64 << 10;

    private readonly FakeTimeProvider _time = new();
    private readonly TimeSpan _silenceMax = new SessionTimes().SilenceMax;
    private readonly Pipe _outgoing = new(new PipeOptions(pauseWriterThreshold: PauseBytes, resumeWriterThreshold: PauseBytes / 2, useSynchronizationContext: false));

    [Fact]
    public async Task A_client_that_reads_slowly_and_steadily_is_not_taken_for_stuck()
    {
        const int bodyBytes = 1 << 20;
        var output = Write(bodyBytes);

        for (var read = 0; read + PauseBytes < bodyBytes; read += PauseBytes)
        {
            using var patience = new CancellationTokenSource(RawClient.Patience);
            var result = await _outgoing.Reader.ReadAtLeastAsync(PauseBytes, patience.Token);
            _time.Advance(_silenceMax / 2);
            Assert.InRange(output.StalledFor(), TimeSpan.Zero, _silenceMax / 2);
            _outgoing.Reader.AdvanceTo(result.Buffer.GetPosition(PauseBytes));
        }
    }

    [Fact]
    public void A_client_that_does_not_read_is_stuck()
    {
        var output = Write(bodyBytes: 1 << 20);

        _time.Advance(_silenceMax + TimeSpan.FromSeconds(1));

        Assert.True(output.StalledFor() > _silenceMax);
    }

    [Fact]
    public void What_is_written_while_it_is_held_leaves_together()
    {
        var output = Output();
        using (var writing = output.Enter())
        {
            writing.Hold();
            writing.Write(new Ping());
        }

        using (var writing = output.Enter())
        {
            writing.Write(new Ping());
        }

        Assert.False(_outgoing.Reader.TryRead(out _));
        using (var writing = output.Enter())
        {
            writing.Release();
        }

        Assert.True(_outgoing.Reader.TryRead(out var both));
        var one = both.Buffer.Length / 2;
        Assert.Equal(both.Buffer.Slice(0, one).ToArray(), both.Buffer.Slice(one).ToArray());
        _outgoing.Reader.AdvanceTo(both.Buffer.End);
        using (var writing = output.Enter())
        {
            writing.Write(new Ping());
        }

        Assert.True(_outgoing.Reader.TryRead(out var third));
        Assert.Equal(one, third.Buffer.Length);
    }

    private SessionOutput Output() => new(
        new TcpTransport(
            new DefaultConnectionContext("test", new DuplexPipe(new Pipe().Reader, _outgoing.Writer), new DuplexPipe(_outgoing.Reader, new Pipe().Writer)),
            _time),
        _time);

    private SessionOutput Write(int bodyBytes)
    {
        var output = Output();
        using var writing = output.Enter();
        writing.Write(new MessageNotify(new(1), MessageId.New(_time.GetUtcNow()), new("alice"), _time.GetUtcNow(), new string('x', bodyBytes), false));
        return output;
    }

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
