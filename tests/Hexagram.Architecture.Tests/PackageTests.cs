using Hexagram.Architecture.Tests.Rules;

namespace Hexagram.Architecture.Tests;

/// <summary>Each dependency says why it is here.</summary>
public sealed class PackageTests
{
    [Fact]
    public void Every_package_says_why_it_is_here() => Holds.For(Packages.WithoutReason(Repository.Read("Directory.Packages.props")));

    [Theory]
    [InlineData("""<P><PackageVersion Include="A" /></P>""")]
    [InlineData("""<P><!-- new --><PackageVersion Include="A" /></P>""")]
    [InlineData("""<P><!-- Good. --><PackageVersion Include="A" /><PackageVersion Include="B" /></P>""")]
    public void A_package_without_a_reason_is_found(string xml) => Assert.Single(Packages.WithoutReason(xml));
}
