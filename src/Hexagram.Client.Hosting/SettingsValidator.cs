using Microsoft.Extensions.Options;

namespace Hexagram.Client.Hosting;

/// <summary>Says everything that is wrong with the settings of one client, and of which.</summary>
internal sealed class SettingsValidator(string name, IServiceProvider services) : IValidateOptions<HexagramClientSettings>
{
    public ValidateOptionsResult Validate(string? validated, HexagramClientSettings options)
    {
        if (validated != name)
        {
            return ValidateOptionsResult.Skip;
        }

        var faults = options.FindFaults();
        if (faults.Count == 0 && Objection(options) is { } objection)
        {
            faults.Add(objection);
        }

        return faults.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(faults.Select(fault => $"{ClientNames.InWords(name)}: {fault}"));
    }

    /// <summary>What the client itself would say.</summary>
    private string? Objection(HexagramClientSettings settings)
    {
        try
        {
            settings.ToOptions(services, ClientNames.Category(name)).Validate();
            return null;
        }
        catch (ArgumentException wrong)
        {
            return wrong.Message;
        }
    }
}
