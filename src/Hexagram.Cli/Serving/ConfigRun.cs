using Hexagram.Cli.Output;
using Hexagram.Cli.Texts;

namespace Hexagram.Cli.Serving;

/// <summary><c>config check</c> and <c>config print</c>: the settings that <c>serve</c> would start with.</summary>
internal static class ConfigRun
{
    private const string Hidden = "(hidden)";
    private const int PathColumns = 42;
    private const int ValueColumns = 24;

    /// <summary>Says that they can be meant.</summary>
    /// <exception cref="CommandFailure">They cannot; all that is wrong is named.</exception>
    public static ExitCode Check(IReadOnlyDictionary<string, string?> words, string? file, Screen screen, Surroundings surroundings)
    {
        var (_, read, effective) = ServeSettings.Explain(words, file, surroundings);
        var changed = effective.Count(setting => setting.Source is not null);
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteBoolean("valid", true);
                json.WriteString("file", read);
                json.WriteNumber("changed", changed);
            });
        }
        else
        {
            screen.Line($"The settings can be used: {(changed == 0 ? $"all {effective.Count} are at their defaults" : $"{changed} of {effective.Count} are not at their defaults")}; {(read is null ? "there is no settings file" : $"the settings file is {read}")}.");
        }

        return ExitCode.Success;
    }

    /// <summary>Says what each is and where that comes from.</summary>
    /// <exception cref="CommandFailure">As <see cref="Check"/>.</exception>
    public static ExitCode Print(IReadOnlyDictionary<string, string?> words, string? file, Screen screen, Surroundings surroundings)
    {
        var (_, _, effective) = ServeSettings.Explain(words, file, surroundings);
        foreach (var setting in effective)
        {
            var value = setting.IsSecret ? Hidden : setting.Value;
            if (screen.IsJson)
            {
                screen.Json(json =>
                {
                    json.WriteString("setting", setting.Setting.Path);
                    json.WriteString("value", value);
                    json.WriteString("source", setting.Source ?? "default");
                });
            }
            else
            {
                screen.Line($"{setting.Setting.Path,-PathColumns}  {SafeText.Show(value),-ValueColumns}  {setting.Source ?? "default"}");
            }
        }

        return ExitCode.Success;
    }
}
