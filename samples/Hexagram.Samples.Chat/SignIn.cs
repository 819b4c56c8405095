namespace Hexagram.Samples.Chat;

/// <summary>Who wants to sign in.</summary>
internal sealed record SignIn(string Name, string Password);
