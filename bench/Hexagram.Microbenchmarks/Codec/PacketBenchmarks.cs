using System.Buffers;
using BenchmarkDotNet.Attributes;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Codec.Json;

namespace Hexagram.Microbenchmarks.Codec;

/// <summary>The six lines in both forms: one packet into bytes, and out of them.</summary>
public class PacketBenchmarks
{
    private static readonly MessageId Id = Samples.NewId();

    private readonly ArrayBufferWriter<byte> _output = new(1_024);
    private Packet _packet = null!;
    private ReadOnlySequence<byte> _bytes;
    private ReadOnlySequence<byte> _json;
    private ReadOnlySequence<byte> _unusualJson;

    [Params("msg:R", "msg:A", "msg:N", "ack:R", "ack:A", "ack:N")]
    public string Line { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        _packet = Line switch
        {
            "msg:R" => new MessageRequest(Id, Samples.Bob, Samples.Text),
            "msg:A" => new MessageAcknowledge(Id, Samples.Now),
            "msg:N" => new MessageNotify(new Sequence(70_000), Id, Samples.Alice, Samples.Now, Samples.Text, false),
            "ack:R" => new AckRequest(Samples.Epoch, new Sequence(70_000)),
            "ack:A" => new AckAcknowledge(Samples.Epoch, new Sequence(70_000)),
            "ack:N" => new AckNotify(Samples.Bob, new[] { Id }, MessageState.Delivered),
            _ => throw new InvalidOperationException($"There is no line {Line}."),
        };
        Write();
        _bytes = new ReadOnlySequence<byte>(_output.WrittenSpan.ToArray());
        WriteJson();
        _json = new ReadOnlySequence<byte>(_output.WrittenSpan.ToArray());
        _unusualJson = new ReadOnlySequence<byte>([.. _output.WrittenSpan, (byte)'\n']);
    }

    [Benchmark]
    public void Write()
    {
        _output.ResetWrittenCount();
        PacketCodec.Write(_packet, _output);
    }

    [Benchmark]
    public Packet? Read()
    {
        var input = _bytes;
        _ = PacketCodec.TryRead(ref input, 1_024, out var result);
        return result.Packet;
    }

    [Benchmark]
    public void WriteJson()
    {
        _output.ResetWrittenCount();
        JsonPacketCodec.Write(_packet, _output);
    }

    [Benchmark]
    public Packet? ReadJson() => JsonPacketCodec.Read(_json, 1_024).Packet;

    /// <summary>The same with a line feed behind it: the way of all JSON that is not in its usual spelling.</summary>
    [Benchmark]
    public Packet? ReadUnusualJson() => JsonPacketCodec.Read(_unusualJson, 1_024).Packet;
}
