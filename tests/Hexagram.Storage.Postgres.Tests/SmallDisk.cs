using System.Diagnostics;

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>A disk in memory that fills soon. Mounting takes root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path)
    {
        Path = path;
    }

    public string Path { get; }

    public static async Task<SmallDisk> MountAsync(string size)
    {
        var disk = new SmallDisk(Directory.CreateTempSubdirectory("hexagram-small-").FullName);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Path);
        return disk;
    }

    public Task ResizeAsync(string size) => RunAsync("mount", "-o", $"remount,size={size}", Path);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", Path);
        Directory.Delete(Path);
    }

    private static async Task RunAsync(string program, params string[] words)
    {
        using var process = Process.Start(program, words);
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', words)} ended with {process.ExitCode}; it takes root.");
    }
}
