namespace Hexagram.Server.Tests.Floods;

/// <summary>How much of a flood there was, or must be at the least.</summary>
/// <param name="Connections">Connections made.</param>
/// <param name="Welcomes">Hellos that were answered with Welcome.</param>
/// <param name="Goodbyes">Hellos that were answered with Goodbye.</param>
/// <param name="Bytes">Bytes that the server's socket has taken.</param>
internal sealed record FloodAmount(long Connections = 0, long Welcomes = 0, long Goodbyes = 0, long Bytes = 0)
{
    public bool Reaches(FloodAmount least) =>
        Connections >= least.Connections && Welcomes >= least.Welcomes && Goodbyes >= least.Goodbyes && Bytes >= least.Bytes;
}
