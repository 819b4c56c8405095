namespace Hexagram.Server.Authorization;

/// <summary>A rule that the host gives as a function.</summary>
internal sealed class AuthorizerOfRule(Func<Correspondence, CancellationToken, ValueTask<AuthorizationResult>> rule) : IMessageAuthorizer
{
    public ValueTask<AuthorizationResult> AuthorizeAsync(Correspondence correspondence, CancellationToken cancellationToken) => rule(correspondence, cancellationToken);
}
