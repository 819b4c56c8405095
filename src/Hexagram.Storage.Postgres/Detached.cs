namespace Hexagram.Storage.Postgres;

/// <summary>
/// Starts what goes on for as long as the store does. Nothing of the moment in which the store was opened may go on with it: a trace of then would be that of every
/// statement, and a transaction of then would take them all in.
/// </summary>
internal static class Detached
{
    internal static Task Run(Func<Task> loop)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(loop);
        }
    }
}
