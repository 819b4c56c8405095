namespace Hexagram.Fuzz.Engine;

/// <summary>Something that takes bytes from a stranger or a disk, and what must hold for all of them.</summary>
internal interface IFuzzTarget : IAsyncDisposable
{
    /// <summary>Its name on the command line, and that of its folder in the corpus.</summary>
    string Name { get; }

    /// <summary>Longest input tried, in bytes.</summary>
    int InputBytesMax { get; }

    /// <summary>Whether it runs on the caller's thread alone, so that edges, allocations and time can be told to be its own.</summary>
    bool IsSynchronous { get; }

    /// <summary>What to begin with.</summary>
    IEnumerable<byte[]> Seeds();

    /// <summary>Tries one input. Throws when something does not hold.</summary>
    Task TryAsync(byte[] input, Observations seen);
}
