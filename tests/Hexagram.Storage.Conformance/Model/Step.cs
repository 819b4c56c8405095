using CsCheck;
using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance.Model;

/// <summary>Something that is done to a store and to its model. The small numbers choose among few users, devices, messages and moments.</summary>
internal abstract record Step
{
    /// <summary>Random steps, weighted so that mailboxes fill, are confirmed, age, and are now and then restored or restarted.</summary>
    internal static readonly Gen<Step> Any = Gen.Frequency<Step>(
        (12, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 1], Gen.Int[0, 9], Gen.Int[0, 9], (to, from, message, body) => (Step)new Append(to, from, message, body == 0))),
        (4, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 2], Epochs, Gen.Int[0, 14], Gen.Bool, (to, device, epoch, cursor, latest) =>
            (Step)new Open(to, device, epoch, cursor, latest ? StreamStart.Latest : StreamStart.Oldest))),
        (8, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 2], Gen.Int[0, 9], Gen.Int[0, 14], (to, device, epoch, upTo) => (Step)new Confirm(to, device, epoch == 0, upTo))),
        (3, Gen.Int[1, 3].Select(days => (Step)new Wait(days))),
        (3, Gen.Const((Step)new Forget())),
        (1, Gen.Const((Step)new Restore())),
        (1, Gen.Const((Step)new Restart())));

    // None, unknown, the present one and those before it; mostly the present.
    private static Gen<int> Epochs => Gen.Frequency((2, Gen.Const(-2)), (1, Gen.Const(-1)), (4, Gen.Const(0)), (2, Gen.Int[1, 3]));

    /// <summary>A message; a small number of them, so that many are resends, and some of those with another body.</summary>
    internal sealed record Append(int To, int From, int Message, bool OtherBody) : Step;

    /// <summary>A Hello: epoch -2 for none, -1 for an unknown one, else so many epochs back.</summary>
    internal sealed record Open(int To, int Device, int EpochsBack, int Cursor, StreamStart Start) : Step;

    /// <summary>A confirmation, rarely of a wrong epoch.</summary>
    internal sealed record Confirm(int To, int Device, bool WrongEpoch, int UpTo) : Step;

    /// <summary>Time passes.</summary>
    internal sealed record Wait(int Days) : Step;

    /// <summary>The store forgets.</summary>
    internal sealed record Forget : Step;

    /// <summary>A new epoch begins.</summary>
    internal sealed record Restore : Step;

    /// <summary>The store is closed and opened.</summary>
    internal sealed record Restart : Step;
}
