namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>Decides nothing: its answer says that everything answered before can be read from the disk.</summary>
internal sealed class SettleWork : Work<bool>
{
    internal override void Decide(Commit commit) => Result = true;
}
