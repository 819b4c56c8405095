namespace Hexagram.Server.Tests.Floods;

/// <summary>One way to ask too much of a server.</summary>
/// <param name="Name">What it is, in a few words.</param>
/// <param name="BytesPerConnectionMax">What one connection of it may cost the server, in bytes of the managed heap; see <see cref="FloodTests"/>.</param>
/// <param name="Least">What it comes to in two seconds at the least, also on a busy machine.</param>
/// <param name="RunAsync">Goes on until the token is cancelled, and then holds what it has until it is disposed of with the stage.</param>
internal sealed record Flood(string Name, long BytesPerConnectionMax, FloodAmount Least, Func<FloodStage, CancellationToken, Task> RunAsync);
