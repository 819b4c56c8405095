using System.Globalization;
using System.Text.Json;

namespace Hexagram.Cli.Output;

/// <summary>Instants in JSON: UTC, to the millisecond, always of the same length.</summary>
internal static class JsonInstants
{
    /// <summary>Writes <paramref name="instant"/> as <c>2026-01-02T03:04:05.678Z</c>.</summary>
    public static void WriteInstant(this Utf8JsonWriter json, string name, DateTimeOffset instant) =>
        json.WriteString(name, instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}
