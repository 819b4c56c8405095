using System.Data.Common;

namespace Hexagram.Client.Receiving;

/// <summary>What the application does with a message: one of the two is set.</summary>
/// <param name="Plain">Runs by itself; its message is committed afterwards.</param>
/// <param name="Transactional">Runs in the transaction that commits its message.</param>
/// <param name="Ended">Told when no further message comes, and of the defect if there is one.</param>
internal sealed record MessageHandler(
    Func<Message, CancellationToken, Task>? Plain,
    Func<Message, DbTransaction, CancellationToken, Task>? Transactional,
    Action<Exception?>? Ended = null);
