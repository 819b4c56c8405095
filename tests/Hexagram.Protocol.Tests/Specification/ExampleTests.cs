using System.Globalization;
using System.Text.Json.Nodes;
using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Specification;

/// <summary>Every example of PROTOCOL.md is a vector, byte by byte and member by member.</summary>
public class ExampleTests
{
    public static TheoryData<int, string, string> Examples =>
        [.. Page.Examples().Select((example, i) => (i, example.Form, example.Source))];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_shows_what_its_vector_holds(int i, string form, string source)
    {
        var content = Page.Examples().ElementAt(i).Content;
        var words = source.Split(' ');
        var vector = VectorFile.Vector(words[0], words[1]);
        var part = "packet";
        if (words.Length > 2 && int.TryParse(words[2], CultureInfo.InvariantCulture, out var step))
        {
            vector = vector["steps"]![step - 1]!;
        }
        else if (words.Length > 2)
        {
            part = words[2];
        }

        if (form == "json")
        {
            Assert.True(JsonNode.DeepEquals(vector[part], JsonNode.Parse(string.Concat(content))), $"Not the {part} of {source}.");
        }
        else
        {
            Assert.Equal("hex", form);
            var bytes = string.Concat(content.Select(line => line.Split('#')[0].Replace(" ", "", StringComparison.Ordinal)));
            Assert.Equal(Convert.ToHexStringLower(VectorFile.Frame(vector)), bytes);
        }
    }

    [Fact]
    public void There_are_examples() => Assert.InRange(Page.Examples().Count(), 20, 100);
}
