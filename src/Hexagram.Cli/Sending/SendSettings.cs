using Hexagram.Cli.Clients;
using Hexagram.Protocol;

namespace Hexagram.Cli.Sending;

/// <summary>What <c>send</c> is asked to do.</summary>
/// <param name="Client">Who sends, and where to.</param>
/// <param name="To">The recipient.</param>
/// <param name="Text">The message; null for one message per line of standard input.</param>
/// <param name="Timeout">How long to wait for confirmations, counted from the last message, or without any progress before that.</param>
/// <param name="Trace">Whether to show the six lines.</param>
internal sealed record SendSettings(ClientSettings Client, UserId To, Body? Text, TimeSpan Timeout, bool Trace);
