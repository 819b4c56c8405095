using System.Security.Cryptography;
using System.Text;
using Hexagram.Server.Authentication;
using Microsoft.AspNetCore.Http;

namespace Hexagram.Cli.Serving.Pages;

/// <summary>
/// What the link that <c>serve</c> prints proves: whoever has it sees the terminal of the server, and may be anybody on the page. Being on the same machine proves
/// less; a proxy there brings the whole world.
/// </summary>
internal sealed class PageKey(SigningKey key)
{
    private const string Scheme = "Bearer ";

    private readonly string _text = key.Derive("page");

    /// <summary>The page at <paramref name="http"/> with this key: in the fragment, which browsers keep to themselves.</summary>
    public string Link(string http) => $"{http}/#key={_text}";

    /// <summary>Whether the request carries the key.</summary>
    public bool IsIn(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header
        && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()), Encoding.UTF8.GetBytes(_text));
}
