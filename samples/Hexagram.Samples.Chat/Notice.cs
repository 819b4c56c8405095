namespace Hexagram.Samples.Chat;

/// <summary>What the application is asked to tell somebody.</summary>
/// <param name="To">Whom.</param>
/// <param name="Text">What.</param>
/// <param name="Id">The message's id, by whoever may have to ask twice.</param>
internal sealed record Notice(string To, string Text, string? Id);
