using Orleans;

namespace Hexagram.Server.Router;

/// <summary>What becomes of a session that begins.</summary>
[GenerateSerializer, Alias("hexagram.register-outcome")]
internal enum RegisterOutcome
{
    /// <summary>The router knows it.</summary>
    Registered = 0,

    /// <summary>A connection of the same device with a higher number is live.</summary>
    Superseded = 1,

    /// <summary>The user has as many sessions as it may.</summary>
    TooManySessions = 2,
}
