using Microsoft.Extensions.Options;

namespace Hexagram.Client.Hosting;

/// <summary>What the clients of one application are called: one may have no name, which the options call <see cref="Options.DefaultName"/>.</summary>
internal static class ClientNames
{
    /// <summary>The category of its log.</summary>
    internal static string Category(string name) => name == Options.DefaultName ? "Hexagram.Client" : $"Hexagram.Client.{name}";

    /// <summary>For messages to people.</summary>
    internal static string InWords(string name) => name == Options.DefaultName ? "The Hexagram client" : $"The Hexagram client '{name}'";
}
