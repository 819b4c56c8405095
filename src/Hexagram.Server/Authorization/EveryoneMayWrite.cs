namespace Hexagram.Server.Authorization;

/// <summary>The default: everyone may write to everyone.</summary>
internal sealed class EveryoneMayWrite : IMessageAuthorizer
{
    public ValueTask<AuthorizationResult> AuthorizeAsync(Correspondence correspondence, CancellationToken cancellationToken) => new(AuthorizationResult.Allowed);
}
