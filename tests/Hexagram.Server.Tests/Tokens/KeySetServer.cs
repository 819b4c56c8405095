using System.Text.Json;
using Hexagram.Server.Tests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Tests.Tokens;

/// <summary>The address at which an identity provider publishes its keys, on this machine.</summary>
internal sealed class KeySetServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Milestones _asked = new();
    private volatile string? _document;
    private int _requests;

    private KeySetServer(WebApplication application) => _application = application;

    public string Address => $"{_application.Urls.Single()}/keys.json";

    /// <summary>How often it was asked.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public static async Task<KeySetServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new KeySetServer(builder.Build());
        server._application.MapGet("/keys.json", server.Answer);
        await server._application.StartAsync();
        return server;
    }

    /// <summary>From now on these are published.</summary>
    public void Publish(params ProviderSigner[] signers) => Publish([.. signers.Select(signer => signer.Jwk)]);

    public void Publish(IReadOnlyList<Dictionary<string, string>> keys) => _document = JsonSerializer.Serialize(new { keys });

    /// <summary>From now on it answers with something else than keys.</summary>
    public void Publish(string document) => _document = document;

    /// <summary>From now on it answers with an error.</summary>
    public void Break() => _document = null;

    /// <summary>Completes when it has been asked so often.</summary>
    public Task WhenAskedAsync(int count) => _asked.WhenAsync(count);

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private IResult Answer()
    {
        var document = _document;
        _asked.Set(Interlocked.Increment(ref _requests));
        return document is null ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable) : Results.Text(document, "application/json");
    }
}
