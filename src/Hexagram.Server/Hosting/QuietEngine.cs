using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hexagram.Server.Hosting;

/// <summary>
/// Keeps the router's engine out of the application's log: at every start it lists its settings, advises a garbage collector that is right for large machines
/// alone, and warns of a pause since the machine was started. An application that says anything about the category <c>Orleans</c>, in settings or in code, has what
/// it says.
/// </summary>
internal sealed class QuietEngine : IPostConfigureOptions<LoggerFilterOptions>
{
    private const string Engine = "Orleans";

    /// <summary>Whose warnings mean nothing where there is one node.</summary>
    private static readonly string[] WithoutMeaning = ["Silo", "Watchdog", "MembershipService"];

    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        if (options.Rules.Any(static rule => rule.CategoryName?.StartsWith(Engine, StringComparison.Ordinal) is true))
        {
            return;
        }

        options.Rules.Add(new LoggerFilterRule(null, Engine, LogLevel.Warning, null));
        foreach (var part in WithoutMeaning)
        {
            options.Rules.Add(new LoggerFilterRule(null, $"{Engine}.Runtime.{part}", LogLevel.Error, null));
        }
    }
}
