using Hexagram.Server.Configuration;
using Microsoft.Extensions.Configuration;

namespace Hexagram.Cli.Serving;

/// <summary>
/// Where settings come from, one over the other: the command line over the environment, that over the file, that over the defaults. Names are the same in all of them, in
/// upper or lower case.
/// </summary>
internal sealed class SettingsLayers
{
    private const string EnvironmentPrefix = "HEXAGRAM__";
    private const string Separator = "__";

    /// <summary>What the other commands read from the environment; the server has no use for it.</summary>
    private static readonly HashSet<string> OfClients = new(StringComparer.OrdinalIgnoreCase) { "Server", "Token", "Ca" };

    private readonly IReadOnlyList<KeyValuePair<string, string?>> _environment;
    private readonly IReadOnlyList<KeyValuePair<string, string?>> _words;

    private SettingsLayers(string? file, IReadOnlyList<KeyValuePair<string, string?>> environment, IReadOnlyList<KeyValuePair<string, string?>> words) =>
        (File, _environment, _words) = (file, environment, words);

    /// <summary>The settings file; null when there is none.</summary>
    public string? File { get; }

    /// <summary>Finds them.</summary>
    /// <param name="words">What the command line says, by the names of the settings; null for what it does not say.</param>
    /// <param name="file">The file that the command line names, or null.</param>
    /// <param name="surroundings">The process.</param>
    /// <exception cref="CommandFailure">The file that is named is not there.</exception>
    public static SettingsLayers Find(IReadOnlyDictionary<string, string?> words, string? file, Surroundings surroundings)
    {
        var environment = surroundings.Variables
            .Where(variable => variable.Key.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            .Select(variable => KeyValuePair.Create(variable.Key[EnvironmentPrefix.Length..].Replace(Separator, ":", StringComparison.Ordinal), (string?)variable.Value))
            .Where(variable => !OfClients.Contains(variable.Key))
            .ToList();
        var said = words.Where(word => word.Value is not null).ToList();

        // Where the file lies may depend on the data folder, which the other two may name.
        file ??= environment.Find(variable => variable.Key.Equals("Config", StringComparison.OrdinalIgnoreCase)).Value;
        environment.RemoveAll(variable => variable.Key.Equals("Config", StringComparison.OrdinalIgnoreCase));
        var inFolder = new DataFolder(new SettingsLayers(null, environment, said).Build()["Data"] ?? DataFolder.Default).SettingsFile;
        if (file is not null && !System.IO.File.Exists(file))
        {
            throw CommandFailure.Usage($"There is no settings file {Path.GetFullPath(file)}.");
        }

        return new SettingsLayers(Path.GetFullPath(file ?? inFolder) is var path && System.IO.File.Exists(path) ? path : null, environment, said);
    }

    /// <summary>All of them together.</summary>
    /// <exception cref="CommandFailure">The file cannot be read.</exception>
    public IConfigurationRoot Build() => Build(File, _environment, _words);

    /// <summary>What a setting is, and where that comes from.</summary>
    public EffectiveSetting Explain(Setting setting) =>
        Find(_words, setting.Path) is { } said ? new EffectiveSetting(setting, said, "command line")
        : Find(_environment, setting.Path) is { } set ? new EffectiveSetting(setting, set, EnvironmentPrefix + setting.Path.Replace(":", Separator, StringComparison.Ordinal).ToUpperInvariant())
        : File is not null && Build(File)[setting.Path] is { } written ? new EffectiveSetting(setting, written, File)
        : new EffectiveSetting(setting, setting.Default, null);

    private static string? Find(IEnumerable<KeyValuePair<string, string?>> layer, string path) =>
        layer.LastOrDefault(one => one.Key.Equals(path, StringComparison.OrdinalIgnoreCase)).Value;

    private static IConfigurationRoot Build(string? file, params IReadOnlyList<IEnumerable<KeyValuePair<string, string?>>> above)
    {
        var layers = new ConfigurationBuilder();
        if (file is not null)
        {
            layers.AddJsonFile(file, optional: false, reloadOnChange: false);
        }

        foreach (var layer in above)
        {
            layers.AddInMemoryCollection(layer);
        }

        try
        {
            return layers.Build();
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Usage($"The settings file {file} cannot be read: {fault.InnerException?.Message ?? fault.Message}");
        }
    }
}

/// <summary>A setting as a server would take it.</summary>
/// <param name="Setting">Which.</param>
/// <param name="Value">What it is, as it was written.</param>
/// <param name="Source">Where that stands; null for the default.</param>
internal sealed record EffectiveSetting(Setting Setting, string Value, string? Source)
{
    private static readonly string[] SecretEndings = ["Key", "Secret", "Password", "Token", "ConnectionString"];

    /// <summary>Whether nobody should see it on a screen or in a log.</summary>
    public bool IsSecret => Value.Length > 0
        && (SecretEndings.Any(ending => Setting.Path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) || Value.Contains("password", StringComparison.OrdinalIgnoreCase));
}
