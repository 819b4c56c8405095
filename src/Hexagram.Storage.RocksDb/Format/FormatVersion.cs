namespace Hexagram.Storage.RocksDb.Format;

/// <summary>The version of all that a store's folder holds; it stands in the folder's file <c>FORMAT</c>.</summary>
internal static class FormatVersion
{
    /// <summary>What this program reads and writes.</summary>
    internal const int Current = 1;
}
