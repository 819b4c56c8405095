namespace Hexagram.Client.Stores;

/// <summary>A transaction that is being opened for a handler who may no longer want it.</summary>
internal static class Lending
{
    internal static async Task<IInboxTransaction> OrGivenBackAsync<T>(this Task<T> opening, CancellationToken cancellationToken)
        where T : IInboxTransaction
    {
        try
        {
            return await opening.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // It may be lent a moment later, and then it has to be given back: nothing else is written until then.
            _ = opening.ContinueWith(
                late => late.Result.RollbackAsync(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }
}
