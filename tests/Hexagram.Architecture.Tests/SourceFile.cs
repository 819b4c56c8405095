using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hexagram.Architecture.Tests;

/// <summary>One C# file, parsed when first asked. Thread-safe.</summary>
/// <param name="path">Relative to the root of the repository, with slashes.</param>
/// <param name="text">Its content.</param>
internal sealed class SourceFile(string path, string text)
{
    private readonly Lazy<CompilationUnitSyntax> _syntax = new(() =>
        CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview)).GetCompilationUnitRoot());

    public string Path => path;

    public string Text => text;

    /// <summary><c>src</c> or <c>tests</c>.</summary>
    public string Area => path.Split('/')[0];

    /// <summary>Such as <c>src/Hexagram.Server</c>.</summary>
    public string Project => string.Join('/', path.Split('/').Take(2));

    /// <summary>Such as <c>Gateway/WebSockets</c>; empty beside the project file.</summary>
    public string Folder => string.Join('/', path.Split('/').Skip(2).SkipLast(1));

    /// <summary>The name up to the first dot: <c>Session</c> for <c>Session.Log.cs</c>.</summary>
    public string Name => path.Split('/')[^1].Split('.')[0];

    public CompilationUnitSyntax Syntax => _syntax.Value;

    public static int LineOf(Microsoft.CodeAnalysis.SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
