using System.Globalization;

namespace Hexagram.Chaos.Nodes;

/// <summary>Which process is at the other end of a connection from this machine. Linux: it reads what the kernel tells under /proc.</summary>
internal static class SocketOwner
{
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>The one of <paramref name="processes"/> whose socket has this port; null when it is none of them.</summary>
    public static int? Of(int port, IEnumerable<int> processes)
    {
        var inodes = Tables.Where(File.Exists).SelectMany(table => InodesOf(port, File.ReadLines(table).Skip(1))).Select(inode => $"socket:[{inode}]").ToHashSet();
        return processes.Cast<int?>().FirstOrDefault(process => Sockets(process!.Value).Any(inodes.Contains));
    }

    /// <summary>The inodes of the sockets whose own port it is, in the lines of the kernel's table.</summary>
    internal static IEnumerable<string> InodesOf(int port, IEnumerable<string> lines)
    {
        var local = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return lines
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns.Length > 9 && columns[1].EndsWith(local, StringComparison.Ordinal))
            .Select(columns => columns[9]);
    }

    private static IEnumerable<string> Sockets(int process)
    {
        string[] files;
        try
        {
            files = Directory.GetFiles($"/proc/{process}/fd");
        }
        catch (IOException)
        {
            // It has gone.
            yield break;
        }

        foreach (var file in files)
        {
            if (Target(file) is { } target)
            {
                yield return target;
            }
        }
    }

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            // Closed in between.
            return null;
        }
    }
}
