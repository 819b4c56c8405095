namespace Hexagram.Protocol.Polling;

/// <summary>What a body holds, or the words for the problem that answers it.</summary>
/// <param name="Value">Null when there is a fault.</param>
/// <param name="Code">Set with a fault.</param>
/// <param name="Fault">What is wrong and where, for people. Never holds content of a body or a token.</param>
public readonly record struct PollingReadResult<T>(T? Value, ErrorCode Code, string? Fault)
    where T : class;
