namespace Hexagram.Storage.RocksDb.Tests.Folders;

/// <summary>A process that opens a store and holds it until its standard input ends.</summary>
internal static class HoldingChild
{
    internal const string Verb = "hold-store";

    /// <summary>What it prints when it holds the store.</summary>
    internal const string Ready = "ready";

    internal static async Task<int> RunAsync(string folder)
    {
        await using var store = RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = folder }, TimeProvider.System);
        await Console.Out.WriteLineAsync(Ready);
        await Console.Out.FlushAsync();
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
