using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// Tokens. Any text: never a user, never an exception. Anything at all signed with the right key, whoever issued it: a user that the claims
/// name and a time that has not passed, or one of the two documented codes.
/// </summary>
internal sealed class TokenTarget : SynchronousTarget
{
    public const string TargetName = "token";

    private static readonly FakeTimeProvider Time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-fuzz-").FullName;
    private readonly JwtAuthenticator _authenticator;
    private readonly byte[] _secret;
    private readonly string _token;

    public TokenTarget()
    {
        var key = SigningKey.OpenOrCreate(Path.Combine(_folder, "signing.key"));
        _authenticator = new JwtAuthenticator(key, Time);
        _secret = key.Secret.Key;
        _token = new TokenIssuer(key, Time).Issue(new UserId("alice"), TimeSpan.FromHours(1));
    }

    public override string Name => TargetName;

    public override IEnumerable<byte[]> Seeds()
    {
        const string header = """{"alg":"HS256","typ":"JWT"}""";
        yield return [0, .. Encoding.ASCII.GetBytes(_token[..^4])];
        foreach (var claims in new[]
        {
            """{"sub":"alice","exp":1800000000,"iat":1700000000,"nbf":1700000000}""",
            """{"sub":"alice","exp":"1800000000"}""",
            """{"sub":["alice"],"exp":1.8e9}""",
            """{"sub":{"a":1},"exp":253402300799}""",
            """{"sub":"alice","exp":99999999999999999999,"nbf":-1}""",
            """{"sub":null,"exp":null,"nbf":"x"}""",
            "[]",
        })
        {
            yield return [1, .. Encoding.UTF8.GetBytes($"{header}\n{claims}")];
        }

        yield return [1, .. Encoding.UTF8.GetBytes("{\"alg\":\"none\"}\n{\"sub\":\"alice\",\"exp\":1800000000}")];
        yield return [1, .. Encoding.UTF8.GetBytes("{\"alg\":\"dir\",\"enc\":\"A128CBC-HS256\",\"zip\":\"DEF\"}\n{\"sub\":\"alice\"}")];
        yield return [0, .. Encoding.ASCII.GetBytes("eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA")];
    }

    protected override void Close() => Directory.Delete(_folder, recursive: true);

    protected override void Try(byte[] input, Observations seen)
    {
        if (input.Length == 0)
        {
            return;
        }

        var signed = input[0] % 2 == 1;
        var token = signed ? Sign(input.AsSpan(1)) : Encoding.Latin1.GetString(input, 1, input.Length - 1);
        var asked = _authenticator.AuthenticateAsync(token, CancellationToken.None).AsTask();
        BrokenPromiseException.Unless(asked.IsCompleted, "A token made the authenticator wait.");
        var result = asked.GetAwaiter().GetResult();
        seen.Saw((int)result.Code + (signed ? 1 << 16 : 0));
        switch (result.Code)
        {
            case ErrorCode.TokenInvalid or ErrorCode.Authenticate:
                break;
            case ErrorCode.None:
                BrokenPromiseException.Unless(signed || token == _token, "A token that nobody signed was accepted.");
                BrokenPromiseException.Unless(result.ExpiresAt > Time.GetUtcNow(), "A token was accepted after its time.");
                BrokenPromiseException.Unless(IsNamed(input, result.User), "A token was accepted for a user that it does not name.");
                break;
            default:
                throw new BrokenPromiseException($"A token was answered with {result.Code}.");
        }
    }

    private static bool IsNamed(byte[] input, UserId user)
    {
        var claims = Encoding.UTF8.GetString(input.AsSpan(1)[(input.AsSpan(1).IndexOf((byte)'\n') + 1)..]);
        try
        {
            using var json = JsonDocument.Parse(claims);
            return json.RootElement.EnumerateObject().Any(claim => claim.Name == "sub" && claim.Value.ToString() == user.Value);
        }
        catch (JsonException)
        {
            // The library reads no further than the claims' closing brace; what follows was signed by whoever owns the key.
            return true;
        }
    }

    /// <summary>Header, line feed, claims: each whatever it is.</summary>
    private string Sign(ReadOnlySpan<byte> input)
    {
        var end = Math.Max(0, input.IndexOf((byte)'\n'));
        var content = $"{Base64Url.EncodeToString(input[..end])}.{Base64Url.EncodeToString(input[Math.Min(end + 1, input.Length)..])}";
        return $"{content}.{Base64Url.EncodeToString(HMACSHA256.HashData(_secret, Encoding.ASCII.GetBytes(content)))}";
    }
}
