namespace Hexagram.Server.Telemetry;

/// <summary>How a poll ends.</summary>
internal enum PollOutcome
{
    /// <summary>There was something to say.</summary>
    News,

    /// <summary>Its time was over, or another took its place.</summary>
    Nothing,

    /// <summary>A problem.</summary>
    Refused,

    /// <summary>Its client went before.</summary>
    Abandoned,
}
