namespace Hexagram.Cli.Serving;

/// <summary>
/// Where a process goes on when a socket has news. By default the thread that waits for the news wakes another for each; a process whose code never waits
/// for anything but sockets may go on where it is, which spares it a wake-up per packet. To be asked for before the first socket is used.
/// </summary>
internal static class SocketNews
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Goes on where the news arrive, unless whoever started the process has said otherwise.</summary>
    public static void TakeWhereTheyArrive()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
