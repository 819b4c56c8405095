using Hexagram.Fuzz.Engine;

namespace Hexagram.Fuzz.Targets;

/// <summary>A target that does everything on the caller's thread.</summary>
internal abstract class SynchronousTarget : IFuzzTarget
{
    public abstract string Name { get; }

    public virtual int InputBytesMax => 4 << 10;

    public bool IsSynchronous => true;

    public abstract IEnumerable<byte[]> Seeds();

    public Task TryAsync(byte[] input, Observations seen)
    {
        Try(input, seen);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Removes what it has made.</summary>
    protected virtual void Close()
    {
    }

    /// <inheritdoc cref="IFuzzTarget.TryAsync"/>
    protected abstract void Try(byte[] input, Observations seen);
}
