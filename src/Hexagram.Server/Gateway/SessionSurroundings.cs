using Hexagram.Server.Authentication;
using Hexagram.Server.Authorization;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Server.Telemetry;
using Hexagram.Storage;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Gateway;

/// <summary>What every session of a node shares. Thread-safe in all its parts.</summary>
internal sealed record SessionSurroundings(
    ServerOptions Options,
    IMailboxStore Store,
    UserRoutes Routes,
    SessionDirectory Directory,
    SessionRegistry Registry,
    RequestBudget RequestBytes,
    ITokenAuthenticator Authenticator,
    IMessageAuthorizer Authorizer,
    ServerClock Clock,
    ServerMeter Meter,
    ILogger<Session> Logger)
{
    /// <summary>The server's clock.</summary>
    public TimeProvider Time => Clock.Time;
}
