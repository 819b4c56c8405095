namespace Hexagram.Storage.Conformance;

/// <summary>
/// Where one store lives, empty at first: a folder, a database. A test opens the store there, closes it, and opens it again. Disposing
/// it removes everything.
/// </summary>
public interface IStorePlace : IAsyncDisposable
{
    /// <summary>Opens the store with the state it was left in.</summary>
    ValueTask<IMailboxStore> OpenAsync(MailboxLimits limits, ForgettingPolicy forgetting, TimeProvider time);

    /// <summary>From now on every sync of the open store fails, as a dying disk's does; the next opening finds a healthy disk.</summary>
    void FailSyncs();

    /// <summary>
    /// Holds the next commit back, just before it is written, until the returned object is disposed; what comes after it gathers meanwhile.
    /// </summary>
    IHeldCommit HoldNextCommit();

    /// <summary>The free space that the store's disk shows from now on, in bytes; at the start it has plenty.</summary>
    void ShowFreeBytes(long bytes);
}

/// <summary>A commit that waits; disposing lets it go on.</summary>
public interface IHeldCommit : IDisposable
{
    /// <summary>Completes when a commit has arrived and waits.</summary>
    Task Arrived { get; }
}
