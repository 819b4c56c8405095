using Hexagram.Protocol;
using Hexagram.Server.Gateway;
using Hexagram.Server.Router;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Hexagram.Server.Cluster;

/// <inheritdoc cref="INodePost"/>
internal sealed class NodePost(GrainId id, Silo silo, ILoggerFactory loggers, SessionDirectory directory, SessionRegistry registry, UserRoutes routes)
    : GrainService(id, silo, loggers), INodePost
{
    public ValueTask PostAsync(IReadOnlyList<SessionPost> posts)
    {
        foreach (var post in posts)
        {
            var address = directory.AddressOf(post.Session);
            if (directory.TryFind(address, post.User, out var session))
            {
                Hand(post, session);
            }
            else
            {
                // It ended, and the router has not heard of it.
                routes.Unregister(post.User, address);
            }
        }

        return default;
    }

    public ValueTask<int> SignOutAsync(UserId user, DeviceId? device) => new(registry.SignOut(user, device));

    private static void Hand(SessionPost post, ISessionPost session)
    {
        switch (post.Order)
        {
            case SessionOrder.Supersede:
                session.Supersede();
                return;
            case SessionOrder.GiveWay:
                session.GiveWay();
                return;
        }

        if (post.Entries.Count > 0)
        {
            session.Notify(post.Entries);
        }

        if (post.Reports.Count > 0)
        {
            session.Report(post.Reports);
        }
    }
}
