namespace Hexagram.Storage.RocksDb.Format;

/// <summary>The version of all that a store's folder holds; it stands in the folder's file <c>FORMAT</c>.</summary>
internal static class FormatVersion
{
    /// <summary>What this program writes.</summary>
    internal const int Current = 2;

    /// <summary>The oldest that it reads; a folder is raised to <see cref="Current"/> when it is opened.</summary>
    internal const int Oldest = 1;
}
