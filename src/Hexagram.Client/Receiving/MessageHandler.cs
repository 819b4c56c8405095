using System.Data.Common;

namespace Hexagram.Client.Receiving;

/// <summary>What the application does with a message: one of the two is set.</summary>
/// <param name="Plain">Runs by itself; its message is committed afterwards.</param>
/// <param name="Transactional">Runs in the transaction that commits its message.</param>
internal sealed record MessageHandler(
    Func<Message, CancellationToken, Task>? Plain,
    Func<Message, DbTransaction, CancellationToken, Task>? Transactional);
