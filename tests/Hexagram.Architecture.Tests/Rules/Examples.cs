using Markdig;
using Markdig.Syntax;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>The C# in a document compiles when it is pasted into a file and run with <c>dotnet run file.cs</c>.</summary>
internal static class Examples
{
    // What the .NET SDK imports by itself in a program.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>The C# blocks of a document.</summary>
    public static IReadOnlyList<string> In(string text) =>
        [.. Markdown.Parse(text).Descendants<FencedCodeBlock>().Where(block => block.Info == "csharp").Select(block => block.Lines.ToString())];

    /// <summary>What the compiler says against an example.</summary>
    public static IEnumerable<string> Faults(string example)
    {
        // The feature lets the compiler pass over lines such as "#:project", which are the SDK's.
        var options = new CSharpParseOptions(LanguageVersion.Latest).WithFeatures([new("FileBasedProgram", "true")]);
        // All that this test assembly can load, the product's assemblies among it.
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        return CSharpCompilation.Create(
                "Example",
                [CSharpSyntaxTree.ParseText(ImplicitUsings, options), CSharpSyntaxTree.ParseText(example, options)],
                assemblies.Select(path => MetadataReference.CreateFromFile(path)),
                new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable))
            .GetDiagnostics()
            .Where(fault => fault.Severity >= DiagnosticSeverity.Warning)
            .Select(fault => fault.ToString());
    }
}
