using Orleans;
using Orleans.Concurrency;

namespace Hexagram.Server.Router;

/// <summary>
/// One user, keyed by id: which sessions are live. It holds nothing that its sessions' nodes could not say again, and no call
/// to it is waited for before msg:A.
/// </summary>
[Alias("hexagram.user-router")]
internal interface IUserRouterGrain : IGrainWithStringKey
{
    /// <summary>
    /// A session begins. Of two of one device the one with the higher connection number stays, whatever the order of arrival (PROTOCOL §4); of many devices,
    /// the ones that were there first.
    /// </summary>
    [Alias("register")]
    ValueTask<RegisterOutcome> RegisterAsync(SessionRecord session);

    /// <summary>A session has ended.</summary>
    [OneWay, Alias("unregister")]
    ValueTask UnregisterAsync(SessionAddress session);

    /// <summary>The sessions that a node holds of this user, said again with each heartbeat: an activation that was lost learns of them.</summary>
    [OneWay, Alias("keep")]
    ValueTask KeepAsync(IReadOnlyList<SessionRecord> sessions);

    /// <summary>Brings what has gathered to the user's sessions.</summary>
    /// <returns>Whether any receiving session is known.</returns>
    [Alias("post")]
    ValueTask<bool> PostAsync(UserPost post);
}
