namespace Hexagram.Storage.RocksDb;

/// <summary>Where a store lives and what it may use.</summary>
public sealed record RocksDbStoreOptions
{
    /// <summary>The store's own folder. It is made, for its owner only, if it does not exist; nothing else belongs in it.</summary>
    public required string Folder { get; init; }

    /// <summary>How much a mailbox may hold.</summary>
    public MailboxLimits Limits { get; init; } = new();

    /// <summary>When a mailbox may forget.</summary>
    public ForgettingPolicy Forgetting { get; init; } = new();

    /// <summary>
    /// Free bytes on the folder's disk below which appends are told to retry later (<c>DiskReserve</c>), so that confirmations and
    /// forgetting still have room. 0 or more; measured about once a second.
    /// </summary>
    public long DiskReserveBytes { get; init; } = 256L << 20;

    /// <summary>The most items of one commit. 1 to 65,536.</summary>
    public int BatchItemsMax { get; init; } = 4_096;

    /// <summary>The bytes of bodies beyond which a commit takes no further item. 1 or more.</summary>
    public int BatchBytesMax { get; init; } = 16 << 20;

    /// <summary>
    /// How many mailboxes the writer keeps in mind, so that appending and confirming need not read. 1 or more. About 1.5 KiB each while its
    /// recipient keeps up; up to 20 KiB with 256 or more messages unconfirmed (senders with very long user ids take more), and some 100 bytes
    /// for each of its senders once it holds as many unconfirmed messages as one sender may have.
    /// </summary>
    public int MailboxesCachedMax { get; init; } = 50_000;

    /// <summary>Memory for blocks read from disk, in bytes. 0 or more.</summary>
    public long BlockCacheBytes { get; init; } = 64L << 20;

    /// <summary>Memory for what was written and is not yet in sorted files, in bytes. 1 MiB or more.</summary>
    public long WriteBufferBytes { get; init; } = 64L << 20;

    /// <summary>Says what is wrong with the options, or null when they can be used.</summary>
    public string? Fault() => this switch
    {
        { Folder: null or "" } => "The store's Folder is not set.",
        { DiskReserveBytes: < 0 } => $"DiskReserveBytes is {DiskReserveBytes}; it must be 0 or more.",
        { BatchItemsMax: < 1 or > 65_536 } => $"BatchItemsMax is {BatchItemsMax}; it must be 1 to 65536.",
        { BatchBytesMax: < 1 } => $"BatchBytesMax is {BatchBytesMax}; it must be 1 or more.",
        { MailboxesCachedMax: < 1 } => $"MailboxesCachedMax is {MailboxesCachedMax}; it must be 1 or more.",
        { BlockCacheBytes: < 0 } => $"BlockCacheBytes is {BlockCacheBytes}; it must be 0 or more.",
        { WriteBufferBytes: < 1 << 20 } => $"WriteBufferBytes is {WriteBufferBytes}; it must be 1 MiB or more.",
        _ => Limits.Fault() ?? Forgetting.Fault(),
    };
}
