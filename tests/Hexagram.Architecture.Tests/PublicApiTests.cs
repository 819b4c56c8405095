using Hexagram.Architecture.Tests.Rules;

namespace Hexagram.Architecture.Tests;

/// <summary>What the packages offer changes on purpose only: it stands in a file for each, and a change of it is seen in every review.</summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("Hexagram.AspNetCore")]
    [InlineData("Hexagram.AspNetCore.Postgres")]
    [InlineData("Hexagram.Clustering.Redis")]
    [InlineData("Hexagram.Client")]
    [InlineData("Hexagram.Client.Data")]
    [InlineData("Hexagram.Client.Hosting")]
    [InlineData("Hexagram.Protocol")]
    [InlineData("Hexagram.Server")]
    [InlineData("Hexagram.Storage")]
    public void What_a_package_offers_is_what_its_file_says(string assembly)
    {
        var file = $"docs/api/{assembly}.txt";
        // bin/CONFIGURATION/FRAMEWORK, there as here.
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var offered = PublicApi.Of(Path.Combine(Repository.Root, "src", assembly, "bin", framework.Parent!.Name, framework.Name, $"{assembly}.dll"));
        Assert.NotEmpty(offered);
        var written = Repository.Exists(file) ? Repository.Read(file) : "";
        if (offered == written)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("HEXAGRAM_WRITE_DOCS") == "1")
        {
            var path = Path.Combine(Repository.Root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, offered);
            return;
        }

        var (now, then) = (offered.Split('\n'), written.Split('\n'));
        Holds.For(
        [
            .. now.Except(then).Select(line => $"{file} lacks: {line.Trim()}"),
            .. then.Except(now).Select(line => $"{assembly} no longer offers: {line.Trim()}"),
            "If that is meant, run these tests with HEXAGRAM_WRITE_DOCS=1 to write the file anew.",
        ]);
    }

    [Fact]
    public void What_strangers_can_use_is_shown_and_nothing_else() => Assert.Equal(
        """
        static class A.More
            static Task<string?> ReadAsync<T>(this T from, CancellationToken cancellationToken = default) where T : class
        abstract class A.Shape : IDisposable
            Shape(int sides)
            abstract void Dispose()
            event Action? Moved
        enum A.Side
            Left = 1

        """,
        PublicApi.OfSource("""
            namespace A;
            public abstract class Shape : System.IDisposable
            {
                protected Shape(int sides) { }
                public abstract void Dispose();
                public event System.Action? Moved;
                internal int Hidden;
                private sealed class Inner;
            }
            public enum Side { Left = 1 }
            internal sealed class Invisible;
            public static class More
            {
                public static System.Threading.Tasks.Task<string?> ReadAsync<T>(this T from, System.Threading.CancellationToken cancellationToken = default)
                    where T : class => throw null!;
            }
            """));
}
