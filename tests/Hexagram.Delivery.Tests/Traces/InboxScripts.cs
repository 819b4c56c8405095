using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests.Traces;

/// <summary>What the loss table does not bring about: gaps, holes and other histories.</summary>
internal static class InboxScripts
{
    private static readonly Epoch First = new(1);
    private static readonly Epoch Second = new(2);

    internal static IReadOnlyList<Trace> All =>
    [
        Script("a new inbox begins where the welcome says", inbox =>
        {
            inbox.Welcomed(First, At(7));
            inbox.Notified(At(8));
        }),
        Script("what is missing is a gap, in its place", inbox =>
        {
            inbox.Open(First, At(3));
            inbox.Welcomed(First, At(5));
            inbox.Notified(At(6));
            inbox.Committed(First, At(5));
            inbox.Committed(First, At(6));
        }),
        Script("a hole means reconnecting from the cursor", inbox =>
        {
            inbox.Open(First, At(3));
            inbox.Welcomed(First, At(3));
            inbox.Notified(At(5));
            inbox.Notified(At(4));
        }),
        Script("another history is adopted at the lower of both", inbox =>
        {
            inbox.Open(First, At(42));
            inbox.Welcomed(Second, At(40));
            inbox.Committed(First, At(43));
            inbox.Notified(At(41));
            inbox.Committed(Second, At(41));
        }),
        Script("another history that begins later has a gap", inbox =>
        {
            inbox.Open(First, At(3));
            inbox.Welcomed(Second, At(9));
            inbox.Notified(At(10));
            inbox.Committed(Second, At(9));
            inbox.Committed(Second, At(10));
        }),
        Script("a commit beyond what was taken is of a history that was left and returned to", inbox =>
        {
            inbox.Open(First, At(3));
            inbox.Committed(First, At(4));
        }),
    ];

    private static Trace Script(string name, Action<InboxRecorder> play)
    {
        var inbox = new InboxRecorder();
        play(inbox);
        return new Trace(name, inbox.Steps);
    }

    private static Sequence At(long value) => new(value);
}
