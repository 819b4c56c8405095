using BenchmarkDotNet.Attributes;
using Hexagram.Protocol;

namespace Hexagram.Microbenchmarks.Codec;

/// <summary>What the store asks of every body: the fingerprint that tells a resend from another message.</summary>
public class BodyBenchmarks
{
    private readonly byte[] _fingerprint = new byte[16];
    private Body _body;

    [Params(100, 10_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Prepare() => _body = new string('x', Bytes);

    [Benchmark]
    public void Fingerprint() => _body.WriteFingerprint(_fingerprint);
}
