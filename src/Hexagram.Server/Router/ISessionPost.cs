namespace Hexagram.Server.Router;

/// <summary>A live session as the router sees it. Each call returns at once, from any thread, and never waits for the network.</summary>
internal interface ISessionPost
{
    /// <summary>Entries of its user's mailbox, in the order in which they were heard of.</summary>
    void Notify(IReadOnlyList<EntryHint> entries);

    /// <summary>What became of messages that its user has sent.</summary>
    void Report(IReadOnlyList<DeliveryReport> reports);

    /// <summary>A newer connection of its device has taken over.</summary>
    void Supersede();

    /// <summary>The same connection goes on at another node. One that does not poll is where it is, and nowhere else.</summary>
    void GiveWay() => Supersede();
}
