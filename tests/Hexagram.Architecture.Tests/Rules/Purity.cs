using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>
/// What an assembly may not touch, read from its compiled form: whatever the source calls it, a use of the clock or the disk
/// leaves a reference in the metadata.
/// </summary>
/// <param name="Types">Full names of types, or their beginnings up to a dot.</param>
/// <param name="Members">Full names of members: type, two colons, name; with a slash and the number of parameters, that overload alone.</param>
internal sealed record Purity(IReadOnlyList<string> Types, IReadOnlyList<string> Members)
{
    /// <summary>Nothing of the world outside.</summary>
    public static readonly Purity NoInputOutput = new(
        ["System.IO.", "System.Net.", "System.Console", "System.Data.", "System.Diagnostics.Process", "System.Threading.Tasks.",
            "System.Threading.Thread", "System.Threading.Timer", "System.Runtime.CompilerServices.Async", "Microsoft.Extensions."],
        ["System.Environment::Exit", "System.Environment::GetEnvironmentVariable"]);

    /// <summary>The same, and neither clock nor chance nor threads: event and time in, state and effects out.</summary>
    public static readonly Purity Deterministic = new(
        [.. NoInputOutput.Types, "System.Threading.", "System.TimeProvider", "System.Diagnostics.Stopwatch",
            "System.Security.Cryptography.RandomNumberGenerator", "System.Runtime.InteropServices."],
        [.. NoInputOutput.Members,
            "System.DateTime::get_Now", "System.DateTime::get_UtcNow", "System.DateTime::get_Today",
            "System.DateTimeOffset::get_Now", "System.DateTimeOffset::get_UtcNow",
            "System.Environment::get_TickCount", "System.Environment::get_TickCount64",
            "System.Random::get_Shared", "System.Random::.ctor/0", // A Random that is handed in has its seed from the host.
            "System.Guid::NewGuid", "System.Guid::CreateVersion7",
            "Hexagram.Protocol.MessageId::New/1"]);

    /// <summary>The references of the assembly at <paramref name="path"/> that this forbids.</summary>
    public IReadOnlyList<string> Faults(string path)
    {
        using var stream = File.OpenRead(path);
        using var file = new PEReader(stream);
        var metadata = file.GetMetadataReader();
        var faults = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var handle in metadata.TypeReferences)
        {
            var name = NameOf(metadata, handle);
            if (Types.Any(type => type.EndsWith('.') ? name.StartsWith(type, StringComparison.Ordinal) : name == type || name.StartsWith(type + '`', StringComparison.Ordinal)))
            {
                faults.Add(name);
            }
        }

        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference)
            {
                continue;
            }

            var name = $"{NameOf(metadata, (TypeReferenceHandle)member.Parent)}::{metadata.GetString(member.Name)}";
            if (Members.Contains(name) || Members.Contains($"{name}/{Parameters(metadata, member)}"))
            {
                faults.Add(name);
            }
        }

        return [.. faults];
    }

    private static string NameOf(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        var name = metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(metadata, (TypeReferenceHandle)type.ResolutionScope)}.{name}"
            : $"{metadata.GetString(type.Namespace)}.{name}";
    }

    /// <summary>The number of parameters of a method; 0 for a field.</summary>
    private static int Parameters(MetadataReader metadata, MemberReference member)
    {
        if (member.GetKind() != MemberReferenceKind.Method)
        {
            return 0;
        }

        // ECMA-335 II.23.2.2: the calling convention, the number of type parameters if generic, the number of parameters.
        var signature = metadata.GetBlobReader(member.Signature);
        if (signature.ReadSignatureHeader().IsGeneric)
        {
            signature.ReadCompressedInteger();
        }

        return signature.ReadCompressedInteger();
    }
}
