namespace Hexagram.Chaos.Proxy;

/// <summary>What a <see cref="FaultProxy"/> does to connections; its counters say how often each really happened.</summary>
public enum FaultKind
{
    /// <summary>A connection was closed at once; counted per connection.</summary>
    Cut = 0,

    /// <summary>A connection was closed after so many bytes more, be it in the middle of a packet; counted per connection.</summary>
    CutAfter = 1,

    /// <summary>Bytes stopped and the sockets stayed open; counted per connection.</summary>
    Freeze = 2,

    /// <summary>Bytes came later than they could; counted per chunk.</summary>
    Delay = 3,

    /// <summary>Bytes came slower than they could; counted per write that was held back.</summary>
    Throttle = 4,

    /// <summary>What was written in one piece came in several; counted per piece beyond the first.</summary>
    Split = 5,

    /// <summary>What was written in several pieces came in one; counted per piece beyond the first.</summary>
    Merge = 6,

    /// <summary>The connection was closed at the beginning of a chosen packet; counted per packet.</summary>
    Lose = 7,
}
