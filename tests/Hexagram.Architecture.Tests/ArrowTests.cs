using Hexagram.Architecture.Tests.Rules;

namespace Hexagram.Architecture.Tests;

/// <summary>Arrows between projects point one way.</summary>
public sealed class ArrowTests
{
    private static IReadOnlyList<ProjectFile> Projects =>
        [.. Repository.Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).Select(path => ProjectFile.Parse(path, Repository.Read(path)))];

    [Fact]
    public void Arrows_between_projects_point_one_way() => Holds.For(Arrows.Faults(Projects));

    [Fact]
    public void Every_project_is_built_and_every_product_project_has_tests() =>
        Holds.For(Arrows.Orphans(Projects, Repository.Read("Hexagram.slnx")));

    [Theory]
    [InlineData("Hexagram.Server", "Hexagram.Storage.RocksDb")]
    [InlineData("Hexagram.Server", "Hexagram.Storage.Postgres")]
    [InlineData("Hexagram.Storage.Postgres", "Hexagram.Storage.RocksDb")]
    [InlineData("Hexagram.Server", "Hexagram.Clustering.Redis")]
    [InlineData("Hexagram.AspNetCore", "Hexagram.Storage.Postgres")]
    [InlineData("Hexagram.AspNetCore.Postgres", "Hexagram.Storage.RocksDb")]
    [InlineData("Hexagram.Client", "Hexagram.Storage")]
    [InlineData("Hexagram.Client", "Hexagram.Server")]
    [InlineData("Hexagram.Delivery", "Hexagram.Storage")]
    [InlineData("Hexagram.Protocol", "Hexagram.Delivery")]
    [InlineData("Hexagram.Storage.RocksDb", "Hexagram.Delivery")]
    public void An_arrow_that_points_the_wrong_way_is_found(string from, string to) =>
        Assert.Single(Arrows.Faults([new ProjectFile($"src/{from}/{from}.csproj", [to], [])]));

    [Fact]
    public void A_project_that_the_arrows_do_not_know_is_found() =>
        Assert.Single(Arrows.Faults([new ProjectFile("src/Hexagram.Other/Hexagram.Other.csproj", [], [])]));

    [Fact]
    public void A_package_in_a_pure_project_is_found() =>
        Assert.Single(Arrows.Faults([new ProjectFile("src/Hexagram.Delivery/Hexagram.Delivery.csproj", ["Hexagram.Protocol"], ["System.IO.Pipelines"])]));

    [Fact]
    public void A_project_without_tests_or_outside_the_solution_is_found() =>
        Assert.Equal(2, Arrows.Orphans([new ProjectFile("src/Hexagram.Other/Hexagram.Other.csproj", [], [])], "<Solution />").Count());

    [Fact]
    public void A_project_file_is_read_with_its_projects_packages_and_frameworks()
    {
        var project = ProjectFile.Parse("src/A/A.csproj", """
            <Project><ItemGroup>
              <ProjectReference Include="..\B\B.csproj" />
              <PackageReference Include="C" /><PackageReference Remove="E" />
              <FrameworkReference Include="D" />
            </ItemGroup></Project>
            """);
        Assert.Equal(["B"], project.Projects);
        Assert.Equal(["C", "D"], project.Packages);
    }
}
