namespace Hexagram.Server.Options;

/// <summary>Which web pages may use the server from a browser. Programs that are no browsers are not concerned.</summary>
public sealed record BrowserOptions
{
    /// <summary>
    /// Where pages may come from besides the server's own address, separated by spaces, such as <c>https://chat.example http://localhost:5173</c>.
    /// Pages from elsewhere are refused: 403.
    /// </summary>
    public string? AllowedOrigins { get; init; }

    /// <summary>
    /// The names by which pages of the server's own may reach it, separated by spaces, such as <c>chat.example</c>: without a port. IP addresses, and <c>localhost</c> on
    /// a loopback address, need no mention. Other names are refused: 403, so that a foreign name which suddenly means this server opens nothing.
    /// </summary>
    public string? AllowedHosts { get; init; }

    internal IEnumerable<string> Origins => Words(AllowedOrigins);

    internal IEnumerable<string> Hosts => Words(AllowedHosts);

    private static string[] Words(string? list) => list?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
