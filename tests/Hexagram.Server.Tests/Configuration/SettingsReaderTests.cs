using Hexagram.Server.Configuration;
using Hexagram.Server.Options;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.Configuration;

namespace Hexagram.Server.Tests.Configuration;

/// <summary>Settings into option records, for 'serve' and for every host.</summary>
public sealed class SettingsReaderTests
{
    private static readonly HashSet<string> Nothing = [];

    [Fact]
    public void What_may_be_absent_can_be_set_to_none_and_nothing_else_can()
    {
        var options = new SettingsReader().Read(
            Settings(("Tokens:Issuer", "none"), ("UserClaim", "none")),
            new AccessOptions { UserClaim = "nick", Tokens = new() { Issuer = "https://id.example" } },
            Nothing);
        var store = new SettingsReader().Read(Settings(("Folder", "none")), new RocksDbStoreOptions { Folder = "" }, Nothing);

        Assert.Null(options.UserClaim);
        Assert.Null(options.Tokens.Issuer);
        Assert.Equal("none", store.Folder);
    }

    [Fact]
    public void Faults_of_a_section_are_named_from_the_root()
    {
        var reader = new SettingsReader();

        reader.Read(Settings(("Chat:Bounds:WindowMax", "wide"), ("Chat:Bonds", "1"), ("Chat:Store:Folder", "there")).GetSection("Chat"), new ServerOptions(), new HashSet<string> { "Store:" });

        Assert.Equal(2, reader.Faults.Count);
        Assert.Contains(reader.Faults, fault => fault.StartsWith("Chat:Bounds:WindowMax is 'wide'", StringComparison.Ordinal));
        Assert.Contains(reader.Faults, fault => fault.Contains("setting Chat:Bonds;", StringComparison.Ordinal));
    }

    private static IConfigurationRoot Settings(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build();
}
