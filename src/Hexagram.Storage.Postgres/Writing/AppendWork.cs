using System.Diagnostics;
using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Telemetry;

namespace Hexagram.Storage.Postgres.Writing;

/// <summary>A message to be appended; see <see cref="IMailboxStore.AppendAsync"/>.</summary>
internal sealed class AppendWork : WriteWork<AppendResult>
{
    private readonly Activity? _commit;

    internal AppendWork(AppendItem item)
        : base(item.To)
    {
        Item = item;
        _commit = StoreTraces.Commit(item.Id);
        Span<byte> fingerprint = stackalloc byte[16];
        item.Body.WriteFingerprint(fingerprint);
        Fingerprint = new Guid(fingerprint, bigEndian: true);
    }

    internal AppendItem Item { get; }

    /// <summary>What tells a resend from another message under the same id.</summary>
    internal Guid Fingerprint { get; }

    internal override int Bytes => Item.Body.Content.Length;

    internal override bool MakesMailbox => true;

    /// <summary>Sees to the order of the item's session, then answers.</summary>
    internal void Decided(AppendResult result)
    {
        // Several batches may be decided at a time, each with other recipients of the same session.
        lock (Item.Lane)
        {
            var held = Item.Lane.Holds(Item.To, Item.Id);
            if (result.Outcome == AppendOutcome.RetryLater)
            {
                result = AppendResult.RetryLater(held == ErrorCode.None ? Item.Lane.Hold(Item.To, Item.Id, result.Code) : held);
            }
            else if (held == ErrorCode.None)
            {
                Item.Lane.Release(Item.To);
            }
        }

        StoreTraces.Decided(_commit, result);
        Answer(result);
    }

    internal override void Fail(StoreUnavailableException fault)
    {
        // The store may be there again before the session has heard of this; what it sends meanwhile must not overtake.
        lock (Item.Lane)
        {
            if (Item.Lane.Holds(Item.To, Item.Id) == ErrorCode.None)
            {
                Item.Lane.Hold(Item.To, Item.Id, ErrorCode.Resynchronize);
            }
        }

        StoreTraces.Failed(_commit, fault);
        base.Fail(fault);
    }
}
