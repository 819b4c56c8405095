using System.Globalization;

namespace Hexagram.Cli.Texts;

/// <summary>So many of something, as people say it: 1 mailbox, 1,200 mailboxes.</summary>
internal static class Counted
{
    /// <summary>The number and its word.</summary>
    public static string Of(long count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many)}");
}
