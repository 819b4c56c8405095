using Hexagram.Protocol;

namespace Hexagram.Client;

/// <summary>
/// Messages that this device will never get: they had been forgotten by the server when it came back, and another device of this user had confirmed them.
/// </summary>
/// <param name="From">The first number that is missing.</param>
/// <param name="To">The last.</param>
public sealed record MissingMessages(Sequence From, Sequence To);
