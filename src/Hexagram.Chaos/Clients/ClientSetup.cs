using System.Text.Json.Serialization;

namespace Hexagram.Chaos.Clients;

/// <summary>What a process of clients is told in its first line of standard input, as JSON on one line.</summary>
/// <param name="Server">Where to connect.</param>
/// <param name="Certificate">The file of the server's certificate, to be trusted; null when nothing is encrypted.</param>
/// <param name="InJson">Packets are JSON.</param>
/// <param name="Recipients">The users to write to.</param>
/// <param name="Rate">Messages per second of all clients of this process together.</param>
/// <param name="Seed">Of who writes to whom.</param>
/// <param name="Clients">The clients.</param>
internal sealed record ClientSetup(string Server, string? Certificate, bool InJson, IReadOnlyList<string> Recipients, double Rate, int Seed, IReadOnlyList<ClientSeat> Clients);

/// <summary>One client of the process.</summary>
/// <param name="User">Who it is.</param>
/// <param name="Device">Which device.</param>
/// <param name="Token">What proves that.</param>
/// <param name="Folder">Where its outbox and inbox are.</param>
/// <param name="Receives">Whether it receives, too.</param>
/// <param name="Ordinals">For each recipient it has written to: the highest ordinal that it has used.</param>
internal sealed record ClientSeat(string User, string Device, string Token, string Folder, bool Receives, IReadOnlyDictionary<string, long> Ordinals);

/// <summary>The JSON of the first line.</summary>
[JsonSerializable(typeof(ClientSetup))]
internal sealed partial class ClientSetupJson : JsonSerializerContext;
