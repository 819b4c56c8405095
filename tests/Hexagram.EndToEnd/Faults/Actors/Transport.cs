using System.Net;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>A way between client and server, and all that a test has to know of it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Listens">Where the server of a stage listens for it.</param>
/// <param name="Address">What a client is told when a proxy stands at this place.</param>
public sealed record Transport(string Name, Func<string, IPEndPoint> Listens, Func<IPEndPoint, Uri> Address)
{
    private static readonly Transport[] Standing =
    [
        new("tcp", IPEndPoint.Parse, place => new Uri($"tcp://{place}")),
    ];

    /// <summary>Every transport that stands: one more line above, and every fault strikes that one as well.</summary>
    public static TheoryData<Transport> All => [.. Standing];

    /// <summary>The one for what does not depend on the transport.</summary>
    public static Transport Any => Standing[0];

    /// <summary>Every transport with each of <paramref name="others"/>.</summary>
    public static TheoryData<Transport, T> With<T>(IEnumerable<T> others) => [.. Standing.SelectMany(_ => others, (transport, other) => (transport, other))];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
