using System.Diagnostics.Metrics;
using Hexagram.Server.Configuration;
using Hexagram.Server.Hosting;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hexagram.AspNetCore;

/// <summary>Chooses the store of a Hexagram server in an application. The server knows none; the stores know no server.</summary>
public static class HexagramStoreExtensions
{
    /// <summary>What follows from the server: it remembers ids for as long as its Welcome says.</summary>
    private static readonly HashSet<string> Derived = new(StringComparer.OrdinalIgnoreCase) { "Forgetting:Horizon" };

    /// <summary>Keeps messages in this process, in <paramref name="folder"/>, which belongs to this one process alone and is made when it is not there.</summary>
    /// <param name="hexagram">The server.</param>
    /// <param name="folder">A folder with nothing else in it; relative to where the process runs.</param>
    /// <param name="change">Changes the other options: <c>store => store with { … }</c>.</param>
    /// <exception cref="OptionsValidationException">An option cannot work; the message names it.</exception>
    public static HexagramBuilder UseRocksDb(this HexagramBuilder hexagram, string folder, Func<RocksDbStoreOptions, RocksDbStoreOptions>? change = null)
    {
        var options = new RocksDbStoreOptions { Folder = folder };
        return Use(hexagram, change?.Invoke(options) ?? options);
    }

    /// <summary>The same as a section of configuration says: <c>Folder</c>, and the settings of <c>docs/configuration.md</c> under <c>Store</c>.</summary>
    /// <param name="hexagram">The server.</param>
    /// <param name="section">The section.</param>
    /// <exception cref="OptionsValidationException">A setting cannot be meant or cannot work; the message names each.</exception>
    public static HexagramBuilder UseRocksDb(this HexagramBuilder hexagram, IConfiguration section)
    {
        var reader = new SettingsReader();
        var options = reader.Read(section, new RocksDbStoreOptions { Folder = "" }, Derived);
        return reader.Faults.Count > 0 ? throw Fault([.. reader.Faults]) : Use(hexagram, options);
    }

    private static HexagramBuilder Use(HexagramBuilder hexagram, RocksDbStoreOptions options)
    {
        options = options with { Forgetting = options.Forgetting with { Horizon = hexagram.Options.Horizon } };
        if (options.Fault() is { } fault)
        {
            throw Fault($"Store: {fault}");
        }

        return hexagram.UseStore(services => RocksDbMailboxStore.Open(options, hexagram.Time, services.GetRequiredService<IMeterFactory>()));
    }

    private static OptionsValidationException Fault(params string[] faults) => new(nameof(RocksDbStoreOptions), typeof(RocksDbStoreOptions), faults);
}
