using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>Namespace = folder, file = type, and folders and files of a size to be read.</summary>
internal static class Layout
{
    /// <summary>A file longer than this does not pass.</summary>
    public const int LinesMax = 600;

    /// <summary>A file longer than this is a question to its author.</summary>
    public const int LinesAsked = 400;

    /// <summary>A method longer than this is a question to its author.</summary>
    public const int MethodLinesAsked = 50;

    /// <summary>C# files in one folder, without those in its folders.</summary>
    public const int FilesPerFolderMax = 20;

    private static readonly string[] EmptyWords = ["Manager", "Helper", "Helpers", "Util", "Utils", "Impl", "Base", "Common", "New", "2"];

    /// <summary>
    /// The exceptions to namespace = folder: in these projects the folders order the files, but what is public stands in
    /// the project's namespace, so that a user writes one <c>using</c>. Internal types may stay in their folder's.
    /// </summary>
    private static readonly Dictionary<string, string[]> FlatFolders = new(StringComparer.Ordinal)
    {
        ["src/Hexagram.Protocol"] = ["Identities", "Packets"],
    };

    /// <summary>One line for each file whose namespace is not its folder.</summary>
    public static IEnumerable<string> WrongNamespaces(IEnumerable<SourceFile> files)
    {
        foreach (var file in files.Where(file => file.Folder != "Properties" && file.Project != "tests/Shared"))
        {
            var root = file.Project.Split('/')[1];
            var nested = file.Folder.Length == 0 ? root : $"{root}.{file.Folder.Replace('/', '.')}";
            var flat = FlatFolders.TryGetValue(file.Project, out var folders) && folders.Contains(file.Folder);
            foreach (var space in file.Syntax.Members.OfType<BaseNamespaceDeclarationSyntax>())
            {
                var name = space.Name.ToString();
                var isPublic = space.Members.OfType<MemberDeclarationSyntax>().Any(type => type.Modifiers.Any(modifier => modifier.IsKind(SyntaxKind.PublicKeyword)));
                if (flat ? name != root && (name != nested || isPublic) : name != nested)
                {
                    yield return $"{file.Path} declares namespace {name}; its folder says {(flat ? root : nested)}.";
                }
            }
        }
    }

    /// <summary>
    /// One line for each file that is not named after what it declares: one of its types (<c>Session.cs</c>, and
    /// <c>Session.Log.cs</c> for a part of it), the first word that all of its types share (<c>Append.cs</c>), or the last
    /// one in the plural (<c>Converters.cs</c>).
    /// </summary>
    public static IEnumerable<string> WrongFileNames(IEnumerable<SourceFile> files)
    {
        foreach (var file in files)
        {
            var types = TypesOf(file).Select(type => NameOf(type)).ToList();
            var named = types.Contains(file.Name)
                || types.All(type => type.StartsWith(file.Name, StringComparison.Ordinal))
                || types.All(type => $"{type}s".EndsWith(file.Name, StringComparison.Ordinal));
            if (!named)
            {
                yield return $"{file.Path} declares {string.Join(", ", types)}.";
            }
        }
    }

    /// <summary>One line for each name that ends in a word that says nothing.</summary>
    public static IEnumerable<string> EmptyNames(IEnumerable<SourceFile> files)
    {
        foreach (var file in files)
        {
            var types = file.Syntax.DescendantNodes()
                .Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
                .Select(node => NameOf((MemberDeclarationSyntax)node));
            foreach (var name in types.Concat(file.Folder.Split('/')).Append(file.Name).Distinct(StringComparer.Ordinal))
            {
                if (EmptyWords.FirstOrDefault(word => name.EndsWith(word, StringComparison.Ordinal)) is { } word)
                {
                    yield return $"{file.Path}: '{name}' ends in '{word}', which says nothing about what it is.";
                }
            }
        }
    }

    /// <summary>One line for each folder with too many files and each file with too many lines.</summary>
    public static IEnumerable<string> TooLarge(IEnumerable<SourceFile> files)
    {
        var all = files.ToList();
        foreach (var folder in all.GroupBy(file => $"{file.Project}/{file.Folder}").Where(folder => folder.Count() > FilesPerFolderMax))
        {
            yield return $"{folder.Key} holds {folder.Count()} files; {FilesPerFolderMax} are enough for one folder.";
        }

        foreach (var file in all.Where(file => Lines(file.Text) > LinesMax))
        {
            yield return $"{file.Path} has {Lines(file.Text)} lines; no file has more than {LinesMax}.";
        }
    }

    /// <summary>One line for each file and method whose length asks whether it is one thing.</summary>
    public static IEnumerable<string> Questions(IEnumerable<SourceFile> files)
    {
        foreach (var file in files)
        {
            if (Lines(file.Text) is > LinesAsked and var lines)
            {
                yield return $"{file.Path} has {lines} lines";
            }

            foreach (var method in file.Syntax.DescendantNodes().OfType<BaseMethodDeclarationSyntax>())
            {
                var span = method.GetLocation().GetLineSpan();
                if (span.EndLinePosition.Line - span.StartLinePosition.Line + 1 is > MethodLinesAsked and var length)
                {
                    var name = method is MethodDeclarationSyntax named ? named.Identifier.Text : "a constructor or operator";
                    yield return $"{file.Path}:{SourceFile.LineOf(method)} {name} has {length} lines";
                }
            }
        }
    }

    private static IEnumerable<MemberDeclarationSyntax> TypesOf(SourceFile file) =>
        file.Syntax.Members
            .SelectMany(member => member is BaseNamespaceDeclarationSyntax space ? [.. space.Members] : new[] { member })
            .Where(member => member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);

    private static string NameOf(MemberDeclarationSyntax type) => type switch
    {
        BaseTypeDeclarationSyntax named => named.Identifier.Text,
        DelegateDeclarationSyntax named => named.Identifier.Text,
        _ => "",
    };

    private static int Lines(string text) => text.AsSpan().Count('\n');
}
