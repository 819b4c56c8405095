using Hexagram.Architecture.Tests.Rules;

namespace Hexagram.Architecture.Tests;

/// <summary>Where a type lives can be guessed from its name.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void Namespaces_are_folders() => Holds.For(Layout.WrongNamespaces(Repository.Sources));

    [Fact]
    public void Files_are_named_after_what_they_declare() => Holds.For(Layout.WrongFileNames(Repository.Sources));

    [Fact]
    public void No_name_ends_in_a_word_that_says_nothing() => Holds.For(Layout.EmptyNames(Repository.Sources));

    [Fact]
    public void Folders_and_files_are_of_a_size_to_be_read()
    {
        foreach (var question in Layout.Questions(Repository.Sources))
        {
            Measured.Report($"long: {question}");
        }

        Holds.For(Layout.TooLarge(Repository.Sources));
    }

    [Theory]
    [InlineData("src/Hexagram.Server/Gateway/Session.cs", "namespace Hexagram.Server; class Session;")]
    [InlineData("src/Hexagram.Server/Session.cs", "namespace Hexagram.Server.Gateway { class Session; }")]
    [InlineData("src/Hexagram.Protocol/Packets/Packet.cs", "namespace Hexagram.Protocol.Packets; public record Packet;")]
    [InlineData("src/Hexagram.Protocol/Codec/Codec.cs", "namespace Hexagram.Protocol; class Codec;")]
    [InlineData("tests/Hexagram.Server.Tests/Session.cs", "namespace Hexagram.Server; class Session;")]
    public void A_namespace_that_is_not_its_folder_is_found(string path, string text) =>
        Assert.Single(Layout.WrongNamespaces([new SourceFile(path, text)]));

    [Theory]
    [InlineData("src/Hexagram.Server/Gateway/Session.cs", "namespace Hexagram.Server.Gateway; class Session;")]
    [InlineData("src/Hexagram.Protocol/Packets/Packet.cs", "namespace Hexagram.Protocol; public record Packet;")]
    [InlineData("src/Hexagram.Protocol/Packets/Packet.cs", "namespace Hexagram.Protocol.Packets; internal record Packet;")]
    public void A_namespace_that_is_its_folder_is_not_found(string path, string text) =>
        Assert.Empty(Layout.WrongNamespaces([new SourceFile(path, text)]));

    [Theory]
    [InlineData("Session.cs", "class Connection;")]
    [InlineData("Append.cs", "record AppendItem; record Confirmation;")]
    [InlineData("Converters.cs", "class UserConverter; class Device;")]
    [InlineData("Session.Log.cs", "namespace A; partial class Connection;")]
    public void A_file_named_after_something_else_is_found(string name, string text) =>
        Assert.Single(Layout.WrongFileNames([new SourceFile($"src/A/{name}", text)]));

    [Theory]
    [InlineData("Session.cs", "class Session; enum Anything { A }")]
    [InlineData("Append.cs", "record AppendItem; record AppendResult;")]
    [InlineData("Converters.cs", "class UserConverter; class DeviceConverter;")]
    [InlineData("Session.Log.cs", "namespace A; partial class Session;")]
    [InlineData("Program.cs", "return 0;")]
    public void A_file_named_after_what_it_declares_is_not_found(string name, string text) =>
        Assert.Empty(Layout.WrongFileNames([new SourceFile($"src/A/{name}", text)]));

    [Theory]
    [InlineData("src/A/SessionManager.cs", "class SessionManager;")]
    [InlineData("src/A/Session.cs", "class Session { class Utils; }")]
    [InlineData("src/A/Common/Session.cs", "class Session;")]
    [InlineData("tests/A/Session.cs", "class Session; abstract class TestBase;")]
    public void An_empty_name_is_found(string path, string text) => Assert.Single(Layout.EmptyNames([new SourceFile(path, text)]));

    [Fact]
    public void A_folder_with_too_many_files_is_found() =>
        Assert.Single(Layout.TooLarge(Enumerable.Range(0, Layout.FilesPerFolderMax + 1).Select(n => new SourceFile($"src/A/B/C{n}.cs", ""))));

    [Fact]
    public void A_file_with_too_many_lines_is_found() =>
        Assert.Single(Layout.TooLarge([new SourceFile("src/A/B.cs", new string('\n', Layout.LinesMax + 1))]));

    [Fact]
    public void A_long_file_and_a_long_method_are_questions() =>
        Assert.Equal(2, Layout.Questions([new SourceFile("src/A/B.cs", $"class B {{ void C() {{{new string('\n', Layout.LinesAsked + 1)}}} }}")]).Count());
}
