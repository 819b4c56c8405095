using Hexagram.Cli.Clients;
using Hexagram.Protocol;

namespace Hexagram.Cli.Chatting;

/// <summary>What <c>chat</c> is asked to do.</summary>
/// <param name="Client">Who talks, and by which server.</param>
/// <param name="To">Who gets what is typed.</param>
internal sealed record ChatSettings(ClientSettings Client, UserId To);
