namespace Hexagram.Architecture.Tests.Rules;

/// <summary>
/// Arrows point one way: Protocol ← Delivery ← (Client | Server) ← Cli, and Storage ← its implementations ← Cli.
/// This is the one place that states them.
/// </summary>
internal static class Arrows
{
    /// <summary>What each product project may reference directly; what those reference comes with them.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Hexagram.Protocol"] = [],
        ["Hexagram.Delivery"] = ["Hexagram.Protocol"],
        ["Hexagram.Storage"] = ["Hexagram.Protocol"],
        ["Hexagram.Storage.RocksDb"] = ["Hexagram.Storage"],
        ["Hexagram.Storage.Postgres"] = ["Hexagram.Storage"],
        ["Hexagram.Server"] = ["Hexagram.Delivery", "Hexagram.Storage"],
        ["Hexagram.Clustering.Redis"] = ["Hexagram.Server"],
        ["Hexagram.AspNetCore"] = ["Hexagram.Server", "Hexagram.Storage.RocksDb"],
        ["Hexagram.AspNetCore.Postgres"] = ["Hexagram.Server", "Hexagram.Storage.Postgres"],
        ["Hexagram.Client"] = ["Hexagram.Delivery"],
        ["Hexagram.Client.Hosting"] = ["Hexagram.Client"],
        ["Hexagram.Client.Data"] = ["Hexagram.Client"],
        ["Hexagram.Checking"] = ["Hexagram.Protocol"],
        ["Hexagram.Processes"] = ["Hexagram.Storage"],
        ["Hexagram.Chaos"] = ["Hexagram.Checking", "Hexagram.Client", "Hexagram.Processes", "Hexagram.Storage"],
        ["Hexagram.Bench"] = ["Hexagram.Client", "Hexagram.Processes", "Hexagram.Storage"],
        ["Hexagram.Cli"] = ["Hexagram.Bench", "Hexagram.Chaos", "Hexagram.Client", "Hexagram.Clustering.Redis", "Hexagram.Floor", "Hexagram.Server", "Hexagram.Storage.Postgres", "Hexagram.Storage.RocksDb"],
    };

    /// <summary>The projects that promise to do no I/O, and all the packages they may have.</summary>
    private static readonly Dictionary<string, string[]> PackagesOfPureProjects = new(StringComparer.Ordinal)
    {
        ["Hexagram.Protocol"] = ["Google.Protobuf", "Grpc.Tools"],
        ["Hexagram.Delivery"] = [],
        ["Hexagram.Storage"] = [],
        ["Hexagram.Checking"] = [],
    };

    /// <summary>One line for each arrow that points the wrong way.</summary>
    public static IEnumerable<string> Faults(IReadOnlyList<ProjectFile> projects)
    {
        foreach (var project in projects.Where(project => project.IsProduct))
        {
            if (!Allowed.ContainsKey(project.Name))
            {
                yield return $"{project.Path}: state what it may reference in {nameof(Arrows)}.";
                continue;
            }

            var reachable = Reachable(project.Name);
            foreach (var wrong in project.Projects.Where(name => !reachable.Contains(name)))
            {
                yield return $"{project.Path} references {wrong}: no arrow leads there.";
            }

            if (PackagesOfPureProjects.TryGetValue(project.Name, out var packages))
            {
                foreach (var wrong in project.Packages.Except(packages, StringComparer.Ordinal))
                {
                    yield return $"{project.Path} references {wrong}: this project does no I/O and needs no such package.";
                }
            }
        }
    }

    /// <summary>One line for each product project without tests and each project that the solution does not build.</summary>
    public static IEnumerable<string> Orphans(IReadOnlyList<ProjectFile> projects, string solutionXml)
    {
        foreach (var project in projects)
        {
            if (!solutionXml.Contains($"\"{project.Path}\"", StringComparison.Ordinal))
            {
                yield return $"{project.Path} is not in the solution.";
            }

            // The contract has no code to test; its tests are those that its implementations inherit.
            var tests = project.Name == "Hexagram.Storage" ? "Hexagram.Storage.Conformance" : $"{project.Name}.Tests";
            if (project.IsProduct && !projects.Any(other => other.Name == tests && other.Projects.Contains(project.Name)))
            {
                yield return $"{project.Path} has no tests/{tests} that references it.";
            }
        }
    }

    private static HashSet<string> Reachable(string name)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(Allowed[name]);
        while (open.TryDequeue(out var next))
        {
            if (found.Add(next) && Allowed.TryGetValue(next, out var further))
            {
                foreach (var one in further)
                {
                    open.Enqueue(one);
                }
            }
        }

        return found;
    }
}
