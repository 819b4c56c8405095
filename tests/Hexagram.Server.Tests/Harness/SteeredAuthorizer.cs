using Hexagram.Protocol;
using Hexagram.Server.Authorization;

namespace Hexagram.Server.Tests.Harness;

/// <summary>An authorizer that says what the test tells it to, at once or later.</summary>
internal sealed class SteeredAuthorizer : IMessageAuthorizer
{
    private readonly Milestones _asked = new();
    private volatile Func<UserId, AuthorizationResult> _answer = _ => AuthorizationResult.Allowed;
    private volatile Task<AuthorizationResult>? _later;
    private int _count;
    private CancellationToken _token;

    public Func<UserId, AuthorizationResult> Answer
    {
        set => _answer = value;
    }

    /// <summary>While set, this is the answer.</summary>
    public Task<AuthorizationResult>? Later
    {
        set => _later = value;
    }

    /// <summary>Completes when the last question that was asked has been given up.</summary>
    public async Task WhenGivenUpAsync()
    {
        var givenUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _token.Register(givenUp.SetResult);
        await givenUp.Task.WaitAsync(RawClient.Patience);
    }

    public Task WhenAskedAsync(int count) => _asked.WhenAsync(count);

    public ValueTask<AuthorizationResult> AuthorizeAsync(Correspondence correspondence, CancellationToken cancellationToken)
    {
        var later = _later;
        _token = cancellationToken;
        _asked.Set(Interlocked.Increment(ref _count));
        return later is null ? new(_answer(correspondence.To)) : new(later);
    }
}
