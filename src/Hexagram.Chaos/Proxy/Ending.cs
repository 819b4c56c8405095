namespace Hexagram.Chaos.Proxy;

/// <summary>How a connection is closed.</summary>
public enum Ending
{
    /// <summary>With RST: both sides see an error, and what was under way is gone.</summary>
    Reset,

    /// <summary>With FIN: both sides read what was forwarded to them, and then the end.</summary>
    Finish,
}
