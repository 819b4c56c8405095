using System.Text;
using Hexagram.Protocol.Codec;

namespace Hexagram.Protocol.Tests.Codec;

public class RecentTextsTests
{
    private readonly RecentTexts _texts = new();

    [Fact]
    public void A_text_that_comes_again_is_the_same_string()
    {
        var first = _texts.Find("a-name-that-only-this-test-has"u8);
        Assert.Equal("a-name-that-only-this-test-has", first);
        Assert.Same(first, _texts.Find("a-name-that-only-this-test-has"u8));
    }

    /// <summary>Far more texts than places, from several threads at once: whatever is displaced, nobody gets another's name.</summary>
    [Fact]
    public void No_text_is_taken_for_another()
    {
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 50_000; i++)
            {
                // Alike in length, and in all but a few bytes.
                var text = $"user-{i:d8}@example.org";
                var utf8 = Encoding.ASCII.GetBytes(text);
                Assert.Equal(text, _texts.Find(utf8));
                Assert.Equal(text, _texts.Find(utf8));
            }
        });
    }

    [Fact]
    public void Of_a_thousand_texts_in_use_nearly_all_are_found()
    {
        var names = Enumerable.Range(0, 1_000).Select(i => Encoding.ASCII.GetBytes($"in-use-{i}")).ToArray();
        var first = names.Select(name => _texts.Find(name)).ToArray();
        var found = names.Where((name, i) => ReferenceEquals(first[i], _texts.Find(name))).Count();
        Assert.InRange(found, 980, 1_000);
    }
}
