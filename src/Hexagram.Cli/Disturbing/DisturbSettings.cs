using Hexagram.Chaos.Faults;
using Hexagram.Processes;

namespace Hexagram.Cli.Disturbing;

/// <summary>What the command line of <c>chaos</c> says.</summary>
/// <param name="Duration">How long there are messages and faults.</param>
/// <param name="Clients">Devices.</param>
/// <param name="Nodes">Processes of the server.</param>
/// <param name="Rate">Messages per second.</param>
/// <param name="Transports">How clients speak with the server.</param>
/// <param name="WithTls">Whether what clients and server say is encrypted.</param>
/// <param name="Faults">What is to strike.</param>
/// <param name="Seed">Of the plan.</param>
/// <param name="Report">Where to write the HTML page; null for none.</param>
internal sealed record DisturbSettings(TimeSpan Duration, int Clients, int Nodes, int Rate, IReadOnlyList<Transport> Transports, bool WithTls, IReadOnlyList<Fault> Faults, int Seed, string? Report);
