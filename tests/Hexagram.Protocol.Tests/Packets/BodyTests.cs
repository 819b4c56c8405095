using CsCheck;

namespace Hexagram.Protocol.Tests.Packets;

public class BodyTests
{
    [Fact]
    public void Text_comes_back_as_text()
    {
        Body body = "你好";
        Assert.True(body.IsText);
        Assert.Null(body.ContentType);
        Assert.Equal("你好", body.Text);
        Assert.Equal("你好"u8.ToArray(), body.Content.ToArray());
    }

    [Fact]
    public void A_body_that_was_never_set_is_the_empty_text() => Assert.Equal(Body.FromText(""), default);

    [Fact]
    public void Bytes_have_a_type_and_no_text()
    {
        var body = Body.FromBytes(new byte[] { 0xFF }, "image/png");
        Assert.False(body.IsText);
        Assert.Equal("image/png", body.ContentType);
        Assert.Throws<InvalidOperationException>(() => body.Text);
    }

    [Fact]
    public void A_lone_surrogate_is_no_text() => Assert.Throws<ArgumentException>(() => Body.FromText("a\uD800"));

    [Theory]
    [InlineData("")]
    [InlineData("text/plain\n")]
    [InlineData("téxt")]
    [InlineData("\u007F")]
    public void A_content_type_is_printable_ascii(string type) => Assert.Throws<ArgumentException>(() => Body.FromBytes(default, type));

    [Fact]
    public void A_content_type_has_127_characters_at_the_most()
    {
        Assert.Equal(127, Body.FromBytes(default, new string('x', 127)).ContentType!.Length);
        Assert.Throws<ArgumentException>(() => Body.FromBytes(default, new string('x', 128)));
    }

    [Fact]
    public void From_outside_a_body_without_a_type_must_be_utf8()
    {
        Assert.True(Body.TryCreate("a"u8.ToArray(), "", out var text));
        Assert.Equal("a", text.Text);
        Assert.False(Body.TryCreate(new byte[] { 0xFF }, "", out _));
        Assert.True(Body.TryCreate(new byte[] { 0xFF }, "image/png", out _));
        Assert.False(Body.TryCreate(default, "a\nb", out _));
    }

    [Fact]
    public void Bodies_are_equal_by_kind_and_content()
    {
        Assert.True(Body.FromText("a") == "a");
        Assert.True(Body.FromText("a") != "b");
        Assert.NotEqual(Body.FromText("a"), Body.FromBytes("a"u8.ToArray(), "text/plain"));
        Assert.Equal(Body.FromText("a").GetHashCode(), Body.FromText("a").GetHashCode());
    }

    [Fact]
    public void What_a_body_says_of_itself_is_not_its_content() => Assert.Equal("text, 6 bytes", Body.FromText("s3cr3t").ToString());

    /// <summary>It stands on disks: a change makes every resend of an older message a conflict (PROTOCOL §6).</summary>
    [Fact]
    public void The_fingerprint_is_frozen()
    {
        // SHA-256 over a zero byte, and over "image/png", a zero byte and the content, computed elsewhere.
        Assert.Equal("6e340b9cffb37a989ca544e6bb780a2c", Fingerprint(""));
        Assert.Equal("46d71dd26ed9d7daba1a04dcc72be6d0", Fingerprint("你好"));
        Assert.Equal("57445603a4d3485cf7186380c8429ee3", Fingerprint(Body.FromBytes(new byte[] { 0x89, 0x50, 0x4E, 0x47 }, "image/png")));
    }

    [Fact]
    public void Another_body_has_another_fingerprint() =>
        Gen.Select(AnyBody, AnyBody).Sample((left, right) => Assert.Equal(left == right, Fingerprint(left) == Fingerprint(right)));

    /// <summary>Of any lengths, and on many threads at once, since each keeps its hash from one body to the next.</summary>
    [Fact]
    public void The_fingerprint_is_half_of_sha_256_over_type_zero_and_content() =>
        Gen.Select(Gen.Byte.Array[0, 3_000], Gen.String[Gen.Char[' ', '~'], 1, Body.ContentTypeCharactersMax]).Sample((content, type) =>
        {
            byte[] all = [.. System.Text.Encoding.ASCII.GetBytes(type), 0, .. content];
            var expected = System.Security.Cryptography.SHA256.HashData(all)[..16];
            Assert.Equal(Convert.ToHexStringLower(expected), Fingerprint(Body.FromBytes(content, type)));
        });

    [Fact]
    public void The_fingerprint_costs_no_memory()
    {
        Body body = "a text";
        var destination = new byte[16];
        body.WriteFingerprint(destination);
        var before = GC.GetAllocatedBytesForCurrentThread();
        body.WriteFingerprint(destination);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static readonly Gen<Body> AnyBody = Gen.Select(
        Gen.Char['a', 'b'].Array[0, 2].Select(letters => new string(letters)),
        Gen.Char['a', 'b'].Array[0, 2].Select(letters => new string(letters)),
        (content, type) => type.Length == 0 ? Body.FromText(content) : Body.FromBytes(System.Text.Encoding.ASCII.GetBytes(content), type));

    private static string Fingerprint(Body body)
    {
        var bytes = new byte[16];
        body.WriteFingerprint(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
