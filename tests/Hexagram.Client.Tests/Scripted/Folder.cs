namespace Hexagram.Client.Tests.Scripted;

/// <summary>A fresh folder that goes with its test.</summary>
internal sealed class Folder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("hexagram-client-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
