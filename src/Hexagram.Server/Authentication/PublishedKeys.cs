using System.Text.Json;
using Hexagram.Server.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>
/// The keys that an identity provider publishes (JWKS, RFC 7517 §5). Fetched at the start, when they have become old, and when a token names one that is not among
/// them; never more often than the options say, whoever sends what. What the provider publishes no longer is used no longer; when it
/// cannot be reached, what it published last goes on.
/// </summary>
internal sealed partial class PublishedKeys : IProviderKeys, IHostedService, IDisposable
{
    /// <summary>Bytes of a key set. The largest that are published have some tens of kilobytes.</summary>
    private const int BytesMax = 1 << 20;

    /// <summary>Whoever waits for a key waits with a client that goes away by itself after 30 s.</summary>
    private static readonly TimeSpan FetchMax = TimeSpan.FromSeconds(10);

    private readonly Uri _address;
    private readonly TokenOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PublishedKeys> _logger;
    private readonly HttpClient _http;
    private readonly Lock _gate = new();
    private Task<bool>? _fetching;
    private long? _askedAt;
    private volatile Edition? _edition;

    public PublishedKeys(TokenOptions options, TimeProvider time, ILogger<PublishedKeys> logger)
    {
        (_address, _options, _time, _logger) = (new Uri(options.KeySetUrl!), options, time, logger);

        // A provider that redirects would let whoever answers there choose the keys.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = FetchMax, MaxResponseContentBufferSize = BytesMax };
    }

    /// <summary>What was published, and when it was fetched.</summary>
    private sealed record Edition(IReadOnlyList<SecurityKey> Keys, long FetchedAt);

    /// <summary>Begins to fetch. A server does not wait for its provider: everything else works meanwhile.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = TryFetch();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _http.Dispose();

    public async ValueTask<FoundKeys> FindAsync(string? keyId, CancellationToken cancellationToken)
    {
        var edition = _edition;
        if (edition is not null && _time.GetElapsedTime(edition.FetchedAt) >= _options.KeySetAgeMax)
        {
            // Nobody waits for that: what is known is good until something newer is.
            _ = TryFetch();
        }

        var known = Named(edition, keyId);
        if (known.Count > 0)
        {
            return new FoundKeys(known, IsCertain: true);
        }

        if (TryFetch() is not { } fetching)
        {
            // Asked a moment ago, when this key may not have been published yet.
            return new FoundKeys([], IsCertain: false);
        }

        var fetched = await fetching.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new FoundKeys(Named(_edition, keyId), IsCertain: fetched);
    }

    private static IReadOnlyList<SecurityKey> Named(Edition? edition, string? keyId) =>
        edition is null ? []
        : string.IsNullOrEmpty(keyId) ? edition.Keys
        : [.. edition.Keys.Where(key => key.KeyId == keyId)];

    /// <summary>The fetch under way, or one that is begun; null when the last one is not long enough ago. Its result is whether it got the keys.</summary>
    private Task<bool>? TryFetch()
    {
        lock (_gate)
        {
            if (_fetching is { IsCompleted: false })
            {
                return _fetching;
            }

            if (_askedAt is { } before && _time.GetElapsedTime(before) < _options.KeySetPause)
            {
                return null;
            }

            _askedAt = _time.GetTimestamp();
            return _fetching = FetchAsync();
        }
    }

    private async Task<bool> FetchAsync()
    {
        // Not inside the lock of whoever has begun it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var at = _time.GetTimestamp();
            var text = await _http.GetStringAsync(_address).ConfigureAwait(false);
            var keys = JsonWebKeySet.Create(text).Keys.Select(ProviderKey.From).OfType<SecurityKey>().ToList();
            LogKeys(_logger, _address, keys.Count);
            _edition = new Edition(keys, at);
            return true;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or ArgumentException or JsonException or InvalidOperationException)
        {
            if (_edition is null)
            {
                LogNoKeys(_logger, _address, fault.Message);
            }
            else
            {
                LogOldKeys(_logger, _address, fault.Message);
            }

            return false;
        }
    }
}
