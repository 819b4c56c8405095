using Hexagram.Client;

namespace Hexagram.Cli.Clients;

/// <summary>Opens a client for a command.</summary>
internal static class ClientOpening
{
    /// <summary>Opens it, in a folder that only this user may look into.</summary>
    /// <exception cref="CommandFailure">The state cannot be used.</exception>
    public static async Task<HexagramClient> OpenAsync(HexagramClientOptions options, string stateFolder)
    {
        try
        {
            PrivateFolder.Create(stateFolder);
            return await HexagramClient.OpenAsync(options);
        }
        catch (Exception fault) when (fault is ClientStoreException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"The state in {stateFolder} cannot be used: {fault.Message}", cause: fault);
        }
        catch (ArgumentException fault)
        {
            throw CommandFailure.Usage(fault.Message);
        }
    }
}
