namespace Hexagram.Fuzz.Engine;

/// <summary>Runs a target with one input and sees that it keeps within its time and memory.</summary>
internal sealed class Trial(IFuzzTarget target, Observations seen)
{
    /// <summary>A target that takes longer for one input, in time of the processor, hangs, or nearly does.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(5);

    /// <summary>What a target may allocate for any input, and for each byte of it, before that is out of proportion.</summary>
    private const long AllocatedBytesFixed = 2 << 20;
    private const long AllocatedBytesPerByte = 2_000;

    /// <summary>Inputs tried.</summary>
    public long Count { get; private set; }

    /// <summary>Null, or what went wrong.</summary>
    public async Task<Exception?> FaultAsync(byte[] input)
    {
        Count++;
        seen.Clear();
        var began = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            await target.TryAsync(input, seen);
        }
        catch (Exception fault)
        {
            return fault;
        }

        var time = Environment.CpuUsage.TotalTime - began;
        var bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return !target.IsSynchronous ? null
            : time > TimeMax ? new BrokenPromiseException($"{input.Length} bytes took {time.TotalSeconds:0.0} s.")
            : bytes > AllocatedBytesFixed + (AllocatedBytesPerByte * input.Length) ? new BrokenPromiseException($"{input.Length} bytes made the target allocate {bytes}.")
            : null;
    }
}
