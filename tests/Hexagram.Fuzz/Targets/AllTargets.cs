using Hexagram.Fuzz.Engine;

namespace Hexagram.Fuzz.Targets;

/// <summary>Every target by its name. A new one joins by a line here.</summary>
internal static class AllTargets
{
    private static readonly (string Name, Func<IFuzzTarget> Make)[] All =
    [
        (PacketTarget.TargetName, static () => new PacketTarget()),
        (JsonPacketTarget.TargetName, static () => new JsonPacketTarget()),
        (PollingTarget.TargetName, static () => new PollingTarget()),
        (WebSocketTarget.TargetName, static () => new WebSocketTarget()),
        (TokenTarget.TargetName, static () => new TokenTarget()),
        (RecordTarget.TargetName, static () => new RecordTarget()),
        (FileTarget.TargetName, static () => new FileTarget()),
        (RowTarget.TargetName, static () => new RowTarget()),
        (TextTarget.TargetName, static () => new TextTarget()),
        (InputLineTarget.TargetName, static () => new InputLineTarget()),
        (ServerSessionTarget.TargetName, static () => new ServerSessionTarget()),
        (ClientSessionTarget.TargetName, static () => new ClientSessionTarget()),
    ];

    /// <summary>The names, in the order in which they run.</summary>
    public static IEnumerable<string> Names => All.Select(target => target.Name);

    /// <summary>One, or all of them.</summary>
    public static IReadOnlyList<Func<IFuzzTarget>> Named(string name) =>
        [.. All.Where(target => name == "all" || target.Name == name).Select(target => target.Make)];
}
