using Hexagram.Cli.Clients;

namespace Hexagram.Cli.Receiving;

/// <summary>What <c>receive</c> is asked to do.</summary>
/// <param name="Client">Who receives, and from where.</param>
/// <param name="Count">After so many messages it ends; null for never.</param>
/// <param name="Timeout">After so long it ends; null for never.</param>
internal sealed record ReceiveSettings(ClientSettings Client, long? Count, TimeSpan? Timeout);
