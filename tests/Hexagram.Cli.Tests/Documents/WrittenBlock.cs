namespace Hexagram.Cli.Tests.Documents;

/// <summary>
/// A part of a document that is made from the program and kept with it: what stands between two markers must be what the program says.
/// <c>HEXAGRAM_WRITE_DOCS=1</c> writes it anew.
/// </summary>
internal static class WrittenBlock
{
    /// <summary>Compares one block, or writes it.</summary>
    /// <param name="document">The document, relative to the root of the repository.</param>
    /// <param name="name">The block's name: it stands between <c>&lt;!-- begin: name --&gt;</c> and <c>&lt;!-- end: name --&gt;</c>.</param>
    /// <param name="text">What the program says.</param>
    public static void Holds(string document, string name, string text)
    {
        var path = Path.Combine(Root(), document);
        var content = File.ReadAllText(path);
        var begin = $"<!-- begin: {name} -->\n";
        var end = $"<!-- end: {name} -->";
        var from = content.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = content.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= begin.Length && to >= from, $"{document} has no block '{name}'.");
        if (content[from..to] == text)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("HEXAGRAM_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, content[..from] + text + content[to..]);
            return;
        }

        Assert.Fail($"The block '{name}' of {document} is not what the program says. Run the tests with HEXAGRAM_WRITE_DOCS=1 to write it anew. It should be:\n{text}");
    }

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Hexagram.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
