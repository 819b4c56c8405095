using System.Security.Cryptography;

namespace Hexagram.Fuzz.Engine;

/// <summary>Inputs in a folder, one file each, named after their content.</summary>
internal static class Corpus
{
    /// <summary>The corpus that is kept in the tree, beside the tests that replay it.</summary>
    public static string Kept(string target) => Path.Combine(AppContext.BaseDirectory, "Corpus", target);

    /// <summary>All inputs of a folder, the shortest first; none when there is no such folder.</summary>
    public static IReadOnlyList<byte[]> Read(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).OrderBy(input => input.Length)] : [];

    /// <summary>Writes one input, and returns where to.</summary>
    public static string Write(string folder, byte[] input)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Name(input));
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>What an input is called.</summary>
    public static string Name(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, 6));
}
