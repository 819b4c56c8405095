using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Hexagram.Client.Hosting;

/// <summary>
/// Reads settings from a section of the configuration. By hand: a binder would pass over a name that it does not know, and a misspelt setting that nobody reads is
/// found when it is too late; and it would have to be told what trimming must not remove.
/// </summary>
internal static class SettingsSection
{
    private static readonly string[] Names =
    [
        nameof(HexagramClientSettings.Server),
        nameof(HexagramClientSettings.Token),
        nameof(HexagramClientSettings.TokenFile),
        nameof(HexagramClientSettings.Folder),
        nameof(HexagramClientSettings.InMemory),
        nameof(HexagramClientSettings.User),
        nameof(HexagramClientSettings.Device),
    ];

    /// <summary>Puts what the section says into the settings, and what is wrong with it into their faults.</summary>
    internal static void Read(IConfiguration section, HexagramClientSettings settings)
    {
        var where = section is IConfigurationSection { Path: { Length: > 0 } path } ? $" in {path}" : "";
        foreach (var each in section.GetChildren())
        {
            if (!Array.Exists(Names, name => name.Equals(each.Key, StringComparison.OrdinalIgnoreCase)))
            {
                settings.Faults.Add($"{each.Key}{where} is no setting of a client; those are {string.Join(", ", Names)}.");
            }
        }

        settings.Token = section[nameof(settings.Token)] ?? settings.Token;
        settings.TokenFile = section[nameof(settings.TokenFile)] ?? settings.TokenFile;
        settings.Folder = section[nameof(settings.Folder)] ?? settings.Folder;
        settings.User = section[nameof(settings.User)] ?? settings.User;
        settings.Device = section[nameof(settings.Device)] ?? settings.Device;
        if (section[nameof(settings.Server)] is { } server)
        {
            if (Uri.TryCreate(server, UriKind.Absolute, out var address))
            {
                settings.Server = address;
            }
            else
            {
                settings.Faults.Add(string.Create(CultureInfo.InvariantCulture, $"Server{where} is '{server}'; it should look like tcp://127.0.0.1:7000."));
            }
        }

        if (section[nameof(settings.InMemory)] is { } inMemory)
        {
            if (bool.TryParse(inMemory, out var value))
            {
                settings.InMemory = value;
            }
            else
            {
                settings.Faults.Add($"InMemory{where} is '{inMemory}'; it should be true or false.");
            }
        }
    }
}
