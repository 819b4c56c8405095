using System.Net;
using Hexagram.Protocol;
using Microsoft.Extensions.Options;

namespace Hexagram.Server.Options;

/// <summary>Finds settings that cannot work before anything starts.</summary>
public sealed class ServerOptionsValidator : IValidateOptions<ServerOptions>
{
    private static readonly TimeSpan DrainCeiling = TimeSpan.FromSeconds(4.5);
    private static readonly TimeSpan DeadAfterMin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DeadAfterMax = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = Faults(options).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(ServerOptions options) =>
        Faults(options.Listen)
            .Concat(Faults(options.Tls))
            .Concat(Faults(options.Browsers))
            .Concat(Faults(options.Times))
            .Concat(Faults(options.Bounds))
            .Concat(Faults(options.Cluster))
            .Concat(Faults(options.Access.Tokens))
            .Concat(
            [
                .. InRange("Polling.Lease", options.Polling.Lease, TimeSpan.FromMinutes(10)),
                .. InRange("Polling.Hold", options.Polling.Hold, ProtocolLimits.HoldMax),
                .. InRange("Router.Heartbeat", options.Router.Heartbeat, TimeSpan.FromDays(1)),
                .. InRange("Access.AuthorizerTimeout", options.Access.AuthorizerTimeout, TimeSpan.FromHours(1)),
                .. InRange("ForgetEvery", options.ForgetEvery, TimeSpan.FromDays(30)),
                .. InRange("Horizon", options.Horizon, ProtocolLimits.HorizonMax),
            ]);

    private static IEnumerable<string> Faults(ListenerOptions listen)
    {
        foreach (var (name, endpoint) in new[] { ("Listen.Tcp", listen.Tcp), ("Listen.Http", listen.Http) })
        {
            if (endpoint is not null && !listen.AllowRemote && !IPAddress.IsLoopback(endpoint.Address))
            {
                yield return $"{name} is {endpoint}, which other machines can reach. Use a loopback address, or set Listen.AllowRemote, and a certificate so that what travels is encrypted.";
            }
        }
    }

    private static IEnumerable<string> Faults(TlsOptions tls)
    {
        foreach (var (name, file) in new[] { ("Tls.CertificateFile", tls.CertificateFile), ("Tls.KeyFile", tls.KeyFile) })
        {
            if (file is not null && !File.Exists(file))
            {
                yield return $"{name} is {file}, and there is no such file.";
            }
        }

        if (tls is { CertificateFile: null } and not { KeyFile: null, Password: null })
        {
            yield return "Tls.KeyFile or Tls.Password is set, and Tls.CertificateFile is not.";
        }
    }

    private static IEnumerable<string> Faults(BrowserOptions browsers) =>
    [
        .. browsers.Origins
            .Where(origin => !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https" } && uri.GetLeftPart(UriPartial.Authority) == origin))
            .Select(origin => $"Browsers.AllowedOrigins has '{origin}'; an origin looks like https://chat.example or http://localhost:5173, without a path."),
        .. browsers.Hosts
            .Where(host => Uri.CheckHostName(host) == UriHostNameType.Unknown)
            .Select(host => $"Browsers.AllowedHosts has '{host}'; a name looks like chat.example, without a port."),
    ];

    private static IEnumerable<string> Faults(SessionTimes times) =>
    [
        .. InRange("Times.HelloTimeout", times.HelloTimeout, TimeSpan.FromHours(1)),
        .. InRange("Times.OpeningTimeout", times.OpeningTimeout, TimeSpan.FromHours(1)),
        .. InRange("Times.PingAfter", times.PingAfter, TimeSpan.FromDays(1)),
        .. InRange("Times.SilenceMax", times.SilenceMax, TimeSpan.FromDays(1)),
        .. InRange("Times.RetryAfter", times.RetryAfter, ProtocolLimits.RetryAfterMax),
        .. InRange("Times.Linger", times.Linger, TimeSpan.FromMinutes(1)),
        .. InRange("Times.DrainMax", times.DrainMax, DrainCeiling),
        .. times.SilenceMax > times.PingAfter ? Array.Empty<string>() : ["Times.SilenceMax must be more than Times.PingAfter."],
    ];

    private static IEnumerable<string> Faults(SessionBounds bounds) =>
    [
        .. InRange("Bounds.SessionsMax", bounds.SessionsMax, int.MaxValue),
        .. InRange("Bounds.WithoutHelloMax", bounds.WithoutHelloMax, int.MaxValue),
        .. InRange("Bounds.SessionsPerUserMax", bounds.SessionsPerUserMax, int.MaxValue),
        .. InRange("Bounds.BodyBytesMax", bounds.BodyBytesMax, ProtocolLimits.BodyBytesMaxCeiling),
        .. InRange("Bounds.RequestsInFlightMax", bounds.RequestsInFlightMax, 1 << 20),
        .. InRange("Bounds.RequestBytesInFlightMax", bounds.RequestBytesInFlightMax, 1 << 30),
        .. InRange("Bounds.RequestBytesInFlightTotalMax", bounds.RequestBytesInFlightTotalMax, int.MaxValue),
        .. InRange("Bounds.PacketsPerSecond", bounds.PacketsPerSecond, int.MaxValue),
        .. InRange("Bounds.PacketsBurst", bounds.PacketsBurst, int.MaxValue),
        .. InRange("Bounds.WindowMax", bounds.WindowMax, 1 << 20),
        .. InRange("Bounds.WindowBytesMax", bounds.WindowBytesMax, 1 << 30),
        .. InRange("Bounds.OutgoingBytesMax", bounds.OutgoingBytesMax, 1 << 30),
    ];

    private static IEnumerable<string> Faults(ClusterOptions cluster)
    {
        foreach (var (name, endpoint) in new[] { ("Cluster.Address", cluster.Address), ("Cluster.Listen", cluster.Listen) })
        {
            if (endpoint?.Port == 0)
            {
                yield return $"{name} is {endpoint}; it needs a port of its own, because the other nodes are told it.";
            }
        }

        if (cluster.Address is { } address && (address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any)))
        {
            yield return $"Cluster.Address is {address}, at which no other node can find this one; name its own address, and if it is to listen at all of them, set Cluster.Listen.";
        }

        if (cluster.Address is null && cluster.Listen is not null)
        {
            yield return "Cluster.Listen is set, and Cluster.Address, at which the other nodes find this one, is not.";
        }

        if (string.IsNullOrWhiteSpace(cluster.Name))
        {
            yield return "Cluster.Name is empty.";
        }

        if (cluster.DeadAfter < DeadAfterMin || cluster.DeadAfter > DeadAfterMax)
        {
            yield return $"Cluster.DeadAfter is {cluster.DeadAfter}; it must be from {DeadAfterMin} to {DeadAfterMax}.";
        }
    }

    private static IEnumerable<string> Faults(TokenOptions tokens)
    {
        if (tokens.KeySetUrl is { } url)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || !(address.Scheme == "https" || address is { Scheme: "http", IsLoopback: true }))
            {
                yield return $"Access.Tokens.KeySetUrl is '{url}'; it should be an https address, or http on this machine: whoever could change the keys on their way could make tokens for anybody.";
            }

            if (tokens.PublicKeyFile is not null)
            {
                yield return "Access.Tokens.PublicKeyFile and Access.Tokens.KeySetUrl are both set; choose one of them.";
            }

            if (tokens.Issuer is null || tokens.Audience is null)
            {
                yield return "Access.Tokens.Issuer and Access.Tokens.Audience must be set with Access.Tokens.KeySetUrl: a provider signs for many applications, and only these two say which tokens are meant for this one.";
            }
        }
        else if (tokens.PublicKeyFile is null && (tokens.Issuer is not null || tokens.Audience is not null))
        {
            yield return "Access.Tokens.Issuer or Access.Tokens.Audience is set, but no key of a provider is: set Access.Tokens.PublicKeyFile or Access.Tokens.KeySetUrl.";
        }

        foreach (var fault in InRange("Access.Tokens.KeySetAgeMax", tokens.KeySetAgeMax, TimeSpan.FromDays(30))
            .Concat(InRange("Access.Tokens.KeySetPause", tokens.KeySetPause, TimeSpan.FromHours(1))))
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> InRange(string name, int value, int max) =>
        value >= 1 && value <= max ? [] : [$"{name} is {value}; it must be from 1 to {max}."];

    private static IEnumerable<string> InRange(string name, TimeSpan value, TimeSpan max) =>
        value > TimeSpan.Zero && value <= max ? [] : [$"{name} is {value}; it must be more than zero and at most {max}."];
}
