using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Hexagram.Fuzz.Engine;

/// <summary>
/// What one input did, as counters in 64 KiB: which edges of the instrumented code it took, and what a target reports itself. Two inputs
/// that fill the same counters alike are alike.
/// </summary>
/// <remarks>
/// SharpFuzz's instrumentation writes into the same memory (its previous location is one static field, so edges mean something on one thread
/// alone). Without instrumentation only the target's own reports are there. <see cref="Saw"/> is thread-safe enough: a lost count is no harm.
/// </remarks>
internal sealed unsafe class Observations
{
    private const int Bytes = 64 << 10;

    private readonly byte* _counters = (byte*)NativeMemory.AllocZeroed(Bytes);
    private readonly byte* _edges = (byte*)NativeMemory.AllocZeroed(Bytes);
    private readonly byte[] _known = new byte[Bytes];

    /// <summary>Lets instrumented code write here. To be called before any of it runs.</summary>
    public Observations() => Trace.SharedMem = _edges;

    /// <summary>Different counters, of different edges or reports, that have ever been filled.</summary>
    public int Known { get; private set; }

    /// <summary>A target's own report: that something happened which is worth keeping an input for.</summary>
    public void Saw(int what)
    {
        var place = (int)((uint)(what * -1640531527) >> 16);
        if (_counters[place] < 255)
        {
            _counters[place]++;
        }
    }

    /// <summary>Forgets the last input.</summary>
    public void Clear()
    {
        NativeMemory.Clear(_counters, Bytes);
        NativeMemory.Clear(_edges, Bytes);
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the last input did anything that none before it did. With <paramref name="keep"/>, it counts as done from now on.</summary>
    public bool IsAnythingNew(bool edges, bool keep)
    {
        var found = false;
        for (var i = 0; i < Bytes; i++)
        {
            var seen = Bucket(_counters[i]) | (edges ? Bucket(_edges[i]) : 0);
            if ((seen & ~_known[i]) == 0)
            {
                continue;
            }

            found = true;
            if (keep)
            {
                Known += _known[i] == 0 ? 1 : 0;
                _known[i] |= (byte)seen;
            }
        }

        return found;
    }

    /// <summary>A number for all that the last input did.</summary>
    public int Sum(bool edges)
    {
        var sum = new HashCode();
        for (var i = 0; i < Bytes; i++)
        {
            var seen = Bucket(_counters[i]) | (edges ? Bucket(_edges[i]) : 0);
            if (seen != 0)
            {
                sum.Add(i);
                sum.Add(seen);
            }
        }

        return sum.ToHashCode();
    }

    /// <summary>Everything is new again.</summary>
    public void Forget()
    {
        Array.Clear(_known);
        Known = 0;
    }

    /// <summary>Once, twice, a few times, often: one bit each, powers of two apart.</summary>
    private static int Bucket(byte count) => count == 0 ? 0 : 1 << BitOperations.Log2(count);
}
