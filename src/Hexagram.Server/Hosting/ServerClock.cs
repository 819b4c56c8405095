namespace Hexagram.Server.Hosting;

/// <summary>The clock of this server's sessions. Not registered as a bare <see cref="TimeProvider"/>, which the router's engine would take for its own.</summary>
internal sealed record ServerClock(TimeProvider Time);
