namespace Hexagram.Storage.RocksDb.Databases;

/// <summary>The tables (RocksDB column families) of a store; the layout is in <see cref="Format.Keys"/>.</summary>
internal enum Table
{
    /// <summary>What belongs to the store as a whole.</summary>
    Store = 0,

    /// <summary>Mailboxes: records, devices, entries and their bodies.</summary>
    Mailboxes = 1,

    /// <summary>Message ids.</summary>
    Ids = 2,
}
