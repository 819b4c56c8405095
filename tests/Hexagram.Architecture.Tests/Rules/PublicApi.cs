using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>
/// What an assembly offers to strangers, one line for each type and member, read from its compiled form. What the compiler adds to records by itself is left out.
/// </summary>
internal static class PublicApi
{
    private static readonly SymbolDisplayFormat TypeFormat = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints | SymbolDisplayGenericsOptions.IncludeVariance,
        kindOptions: SymbolDisplayKindOptions.IncludeTypeKeyword);

    private static readonly SymbolDisplayFormat MemberFormat = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypes,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints,
        memberOptions: SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType
            | SymbolDisplayMemberOptions.IncludeConstantValue | SymbolDisplayMemberOptions.IncludeRef | SymbolDisplayMemberOptions.IncludeExplicitInterface,
        parameterOptions: SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeDefaultValue
            | SymbolDisplayParameterOptions.IncludeModifiers | SymbolDisplayParameterOptions.IncludeExtensionThis,
        propertyStyle: SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        kindOptions: SymbolDisplayKindOptions.IncludeMemberKeyword,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.AllowDefaultLiteral | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>The text for the assembly at <paramref name="path"/>; it is resolved against everything that this test assembly can load.</summary>
    public static string Of(string path)
    {
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var reference = MetadataReference.CreateFromFile(path);
        var compilation = CSharpCompilation.Create(
            "Api",
            references: [reference, .. assemblies.Where(other => Path.GetFileName(other) != Path.GetFileName(path)).Select(other => MetadataReference.CreateFromFile(other))]);
        return Of((IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(reference)!);
    }

    /// <summary>The same for source code, so that this itself can be tested.</summary>
    public static string OfSource(string source)
    {
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "Api",
            [CSharpSyntaxTree.ParseText(source)],
            assemblies.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return Of(compilation.Assembly);
    }

    private static string Of(IAssemblySymbol assembly)
    {
        var text = new StringBuilder();
        foreach (var type in TypesOf(assembly.GlobalNamespace).Where(IsOffered).OrderBy(type => type.ToDisplayString(), StringComparer.Ordinal))
        {
            text.Append(Modifiers(type)).Append(type.ToDisplayString(TypeFormat)).Append(Supertypes(type)).Append('\n');
            foreach (var member in type.GetMembers().Where(IsShown).Select(member => member.ToDisplayString(MemberFormat)).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static IEnumerable<INamedTypeSymbol> TypesOf(INamespaceOrTypeSymbol container) => container.GetMembers().SelectMany(member => member switch
    {
        INamespaceSymbol space => TypesOf(space),
        INamedTypeSymbol type => TypesOf(type).Prepend(type),
        _ => [],
    });

    private static bool IsOffered(ISymbol symbol) =>
        symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal
        && (symbol.ContainingType is null || IsOffered(symbol.ContainingType));

    private static bool IsShown(ISymbol member) =>
        IsOffered(member)
        && member is not INamedTypeSymbol
        && !member.IsImplicitlyDeclared
        && member is not IMethodSymbol { AssociatedSymbol: not null }
        && member is not IFieldSymbol { Name: "value__" }
        && !member.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "CompilerGeneratedAttribute");

    private static string Modifiers(INamedTypeSymbol type) =>
        type.TypeKind != TypeKind.Class ? ""
        : type.IsStatic ? "static "
        : type.IsAbstract ? "abstract "
        : type.IsSealed ? "sealed "
        : "";

    private static string Supertypes(INamedTypeSymbol type)
    {
        var named = type.Interfaces.Where(IsOffered).Select(other => other.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)).Order(StringComparer.Ordinal).ToList();
        if (type.TypeKind == TypeKind.Class && type.BaseType is { SpecialType: not SpecialType.System_Object } parent)
        {
            named.Insert(0, parent.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat));
        }

        return named.Count == 0 ? "" : $" : {string.Join(", ", named)}";
    }
}
